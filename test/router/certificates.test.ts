// A whole router with certificates, domains and policies from the store: served as soon as they are written, kept for a start
// without the store, and one app's bad ones hurt nobody else.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { put, remove } from '../../src/registry/registry.ts';
import { get, until } from './http.ts';
import { selfSigned, startUpstream } from './nginx-bench.ts';
import { makeRouter, type RouterBench, vault } from './router-bench.ts';
import { getTls, shownFor } from './tls.ts';

const never = new AbortController().signal;
const dates = { created: '2026-01-01T00:00:00Z', updated: '2026-01-01T00:00:00Z' };

const write = (bench: RouterBench, ...writes: Parameters<typeof bench.world.commit>[1]) =>
  bench.world.commit([], writes, never);
const app = (id: string, owner: string) =>
  put(keys.apps, [id], { id, uuid: id, owner, structure: {}, release: 1, ...dates });
const domain = (name: string, id: string, owner: string) =>
  put(keys.domains, [name], { domain: name, app: id, owner, ...dates });
const routing = (id: string, settings: Record<string, string>) =>
  put(keys.routing, [id], { app: id, settings, updated: dates.updated });

function certificate(
  name: string,
  pair: { certificate: string; key: string },
  owner: string,
  seal = true,
) {
  const context = keys.certs.key(name);
  const key = seal ? vault.seal(pair.key, context) : pair.key;
  const facts = {
    commonName: name,
    sans: [name],
    expires: '2030-01-01T00:00:00Z',
    fingerprint: '',
  };
  return put(keys.certs, [name], { ...facts, owner, certificate: pair.certificate, key, ...dates });
}

void t.test('one app is hostile in every way, the others are served', async (t) => {
  const bench = await makeRouter((what) => t.teardown(what));
  const up = await startUpstream('app', (what) => t.teardown(what));
  await bench.set('platform', 'domain', 'test');
  await bench.publish('good', 'good_v1.web.1', up.address);
  await write(bench, app('good', 'ann'), app('evil', 'eve'), app('empty', 'eve'));
  await write(
    bench,
    domain('www.good.org', 'good', 'ann'),
    domain('evil.org;}', 'evil', 'eve'),
    domain('gone.org', 'gone', 'eve'),
    domain('lost.org', 'evil', 'eve'),
    certificate('www.good.org', await selfSigned('www.good.org'), 'ann'),
    certificate('lost.org', { ...(await selfSigned('lost.org')), key: '' }, 'eve'),
    certificate('unsealed.org', await selfSigned('unsealed.org'), 'eve', false),
    certificate(
      'other.org',
      { ...(await selfSigned('other.org')), key: (await selfSigned('x')).key },
      'eve',
    ),
    routing('evil', { bodySize: 'all', basicAuth: 'plain' }),
  );
  bench.run();
  await until(
    async () => (await get(bench.http, 'www.good.org').catch(() => undefined))?.status === 200,
  );
  t.equal((await shownFor(bench.https, 'www.good.org')).name, 'www.good.org');
  t.equal((await getTls(bench.https, 'www.good.org')).text, 'app');
  t.equal((await shownFor(bench.https, 'lost.org')).name, 'test', 'the self-made one');
  t.equal((await get(bench.http, 'empty.test')).status, 503);
  t.equal((await get(bench.http, 'gone.org')).status, 404);
  t.equal(
    (await get(bench.http, 'lost.org')).status,
    403,
    'its password is broken: nobody gets in',
  );
  await until(async () => (await bench.applied()) !== undefined);
  const { refused } = (await bench.applied())!;
  t.match(refused, {
    evil: /is not a domain name/,
    '*certificate lost.org': /the key cannot be read/,
    '*certificate unsealed.org': /platform key/,
    '*certificate other.org': /does not belong/,
  });
  t.notMatch(JSON.stringify(refused), 'PRIVATE');
  t.comment('and what comes later is served at once');
  const reloads = (): number => bench.log.lines.filter(({ event }) => event === 'reloaded').length;
  const before = reloads();
  await write(bench, routing('good', { maintenance: 'on' }));
  await until(async () => (await get(bench.http, 'www.good.org')).status === 503);
  await write(bench, remove(keys.routing, ['good']));
  await until(async () => (await get(bench.http, 'www.good.org')).status === 200);
  await write(
    bench,
    domain('*.good.org', 'good', 'ann'),
    certificate('*.good.org', await selfSigned('*.good.org'), 'ann'),
  );
  await until(async () => (await shownFor(bench.https, 'x.good.org')).name === '*.good.org');
  const pair = await selfSigned('*.test');
  await bench.set('router', 'sslCert', pair.certificate);
  await bench.set('router', 'sslKey', pair.key);
  await until(async () => (await shownFor(bench.https, 'good.test')).name === '*.test');
  t.equal(reloads(), before, 'and nothing of it was a reload');
});

void t.test(
  'certificates and policies outlive a router without the store; keys lie sealed',
  async (t) => {
    const bench = await makeRouter((what) => t.teardown(what));
    const up = await startUpstream('app', (what) => t.teardown(what));
    const pair = await selfSigned('good.test');
    await bench.set('platform', 'domain', 'test');
    await bench.publish('good', 'good_v1.web.1', up.address);
    await write(bench, app('good', 'ann'), certificate('good.test', pair, 'ann'));
    await write(bench, routing('good', { enforceHttps: 'on' }));
    const first = bench.run();
    await until(async () => (await bench.applied()) !== undefined);
    t.equal((await shownFor(bench.https, 'good.test')).name, 'good.test');
    await first();
    const kept = readFileSync(join(bench.prefix, 'certificates.json'), 'utf8');
    t.match(kept, 'good.test');
    t.notMatch(kept, 'PRIVATE KEY');
    bench.store.sever();
    bench.run();
    await until(
      async () => (await get(bench.http, 'good.test').catch(() => undefined))?.status === 301,
    );
    t.equal((await shownFor(bench.https, 'good.test')).name, 'good.test');
    t.throws(
      () => readFileSync(join(bench.prefix, 'private', 'certificates')),
      'no key is left for nginx',
    );
  },
);
