// Certificates from an authority, end to end: a real router, real nginx, Debian's pebble (apt-get install pebble).

import { spawnSync } from 'node:child_process';
import t from 'tap';
import { acmeAuthority } from '../../../src/adapters/acme.ts';
import { AuthorityAway } from '../../../src/ports/certificate-authority.ts';
import { keys } from '../../../src/registry/keys.ts';
import { put } from '../../../src/registry/registry.ts';
import { get, until } from '../http.ts';
import { selfSigned, startUpstream } from '../nginx-bench.ts';
import { makeRouter, MACHINE, vault } from '../router-bench.ts';
import { shownFor } from '../tls.ts';
import { startPebble } from './pebble.ts';

t.setTimeout(90_000);
const never = new AbortController().signal;
const dates = { created: '2026-01-01T00:00:00Z', updated: '2026-01-01T00:00:00Z' };
const skip = spawnSync('pebble', ['-version']).error
  ? 'the program pebble is not here: apt-get install pebble'
  : false;

void t.test('domains get their certificates by themselves', { skip }, async (t) => {
  const bench = await makeRouter((what) => t.teardown(what));
  const pebble = await startPebble(bench.http, (what) => t.teardown(what));
  const up = await startUpstream('app', (what) => t.teardown(what));
  const authority = async (directory: string, ca: string) =>
    acmeAuthority({ directory, ca, patience: 100 });
  await bench.set('platform', 'domain', 'test');
  await bench.publish('blog', 'blog_v1.web.1', up.address);
  const app = { id: 'blog', uuid: 'x', owner: 'ann', structure: {}, release: 1, ...dates };
  const domain = (name: string) =>
    put(keys.domains, [name], { domain: name, app: 'blog', owner: 'ann', ...dates });
  const write = (...writes: Parameters<typeof bench.world.commit>[1]) =>
    bench.world.commit([], writes, never);
  await write(put(keys.apps, ['blog'], app), domain('www.blog.org'));
  await bench.set('router', 'acme/ca', pebble.ca);
  await bench.set('router', 'acme/directory', pebble.directory);
  await bench.set('router', 'acme/email', 'ops@example.com');
  bench.run({ authority });
  await until(async () => (await bench.applied()) !== undefined);
  t.equal(await bench.world.get(keys.leaders, ['acme'], never), undefined, 'off by default');
  await bench.set('router', 'acme/enabled', 'true');
  await until(
    async () => (await shownFor(bench.https, 'www.blog.org')).name === 'www.blog.org',
    15_000,
  );

  t.comment('what is kept of it');
  const order = (await bench.world.get(keys.acmeOrders, ['www.blog.org'], never))!.value;
  t.match(order, { failures: 0, certificate: /BEGIN CERTIFICATE/ });
  t.notMatch(order.key, 'PRIVATE');
  t.match(vault.open(order.key!, keys.acmeOrders.key('www.blog.org')), 'PRIVATE KEY');
  const accounts = async () => (await bench.world.list(keys.acmeAccounts, [], never)).items;
  t.equal((await accounts()).length, 1);
  t.equal((await bench.world.get(keys.leaders, ['acme'], never))?.value, MACHINE);
  await until(
    async () => (await bench.world.list(keys.acmeChallenges, [], never)).items.length === 0,
  );

  t.comment('a name with a star needs the hook; one account serves all');
  await bench.set('router', 'acme/dnsWait', '1');
  await bench.set('router', 'acme/dnsHook', pebble.hook);
  await write(domain('*.blog.org'));
  await until(
    async () => (await shownFor(bench.https, 'x.blog.org')).name === '*.blog.org',
    15_000,
  );
  await until(async () => (await shownFor(bench.https, 'blog.test')).name === '*.test', 15_000);
  t.same(
    [...new Set(pebble.told.map(({ action, name }) => `${action} ${name}`))].sort(),
    ['blog.org', 'test']
      .flatMap((name) =>
        ['cleanup', 'present'].map((action) => `${action} _acme-challenge.${name}`),
      )
      .sort(),
  );
  t.equal((await accounts()).length, 1);

  t.comment('a domain that does not lead here is named, and holds up nobody');
  await write(domain('xn--not-a-real-tld.invalid'), domain('two.blog.net'));
  await until(
    async () => (await shownFor(bench.https, 'two.blog.net')).name === 'two.blog.net',
    20_000,
  );
});

void t.test(
  'an authority that is away: the reason is told, with the time of the next try',
  async (t) => {
    const bench = await makeRouter((what) => t.teardown(what));
    await bench.set('platform', 'domain', 'test');
    const app = { id: 'blog', uuid: 'x', owner: 'ann', structure: {}, release: 1, ...dates };
    const record = { domain: 'www.blog.org', app: 'blog', owner: 'ann', ...dates };
    await bench.world.commit(
      [],
      [put(keys.apps, ['blog'], app), put(keys.domains, ['www.blog.org'], record)],
      never,
    );
    await bench.set('router', 'acme/directory', 'https://127.0.0.1:1/dir');
    await bench.set('router', 'acme/enabled', 'true');
    bench.run();
    await until(async () => (await bench.applied())?.refused['*acme www.blog.org'] !== undefined);
    t.match((await bench.applied())!.refused, {
      '*acme www.blog.org': /does not answer: .*; again at 20/,
    });
    t.equal((await bench.world.get(keys.acmeOrders, ['www.blog.org'], never))!.value.failures, 1);
    await bench.set('router', 'acme/enabled', 'false');
    await until(async () => (await bench.world.get(keys.leaders, ['acme'], never)) === undefined);
  },
);

void t.test('nobody else waits for it, and it is not asked for each domain', async (t) => {
  const bench = await makeRouter((what) => t.teardown(what));
  const up = await startUpstream('app', (what) => t.teardown(what));
  const app = { id: 'blog', uuid: 'x', owner: 'ann', structure: {}, release: 1, ...dates };
  const domains = ['a.org', 'b.org', 'c.org'];
  await bench.set('platform', 'domain', 'test');
  await bench.publish('blog', 'blog_v1.web.1', up.address);
  const records = domains.map((domain) =>
    put(keys.domains, [domain], { domain, app: 'blog', owner: 'ann', ...dates }),
  );
  await bench.world.commit([], [put(keys.apps, ['blog'], app), ...records], never);
  await bench.set('router', 'acme/enabled', 'true');
  const asked: string[] = [];
  let kind: 'silent' | 'wrong' = 'silent';
  const wrong = { ...(await selfSigned('evil.org')), account: 'https://acme.test/1' };
  bench.run({
    authority: async () => ({
      obtain(domain, _account, _proofs, signal) {
        asked.push(domain);
        if (kind === 'wrong') return Promise.resolve(wrong);
        const { promise, reject } = Promise.withResolvers<never>();
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        said = () => reject(new AuthorityAway('the authority does not answer', 0));
        return promise;
      },
    }),
  });
  let said = (): void => undefined;
  await until(async () => asked.length === 1 && (await bench.applied()) !== undefined);
  await until(async () => (await get(bench.http, 'a.org')).status === 200);
  await bench.publish('late', 'late_v1.web.1', up.address);
  await until(async () => (await get(bench.http, 'late.test')).status === 200);
  said();
  const refused = async () => (await bench.applied())?.refused ?? {};
  await until(async () => (await refused())['*acme a.org'] !== undefined);
  t.match(await refused(), { '*acme a.org': /does not answer; again at 20/ });
  kind = 'wrong';
  await bench.set('router', 'acme/email', 'ops@example.com'); // it looks again
  await bench.set('router', 'acme/directory', 'https://other.test/dir');
  await until(async () => (await refused())['*acme c.org'] !== undefined);
  t.same(asked, domains, 'the first one spoke for all; the other directory was asked for the rest');
  t.match(await refused(), { '*acme b.org': /cannot be used: it is for evil\.org; again at 20/ });
  t.not((await shownFor(bench.https, 'b.org')).name, 'evil.org');
  t.equal((await get(bench.http, 'late.test')).status, 200);
});
