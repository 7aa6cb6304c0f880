// The operators' certificate for all hosts: shown by the router, its key sealed in the store and on the disk.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { KEY_CONTEXT } from '../../src/router/seal-key.ts';
import { until } from './http.ts';
import { selfSigned, startUpstream } from './nginx-bench.ts';
import { makeRouter, vault } from './router-bench.ts';
import { shownFor } from './tls.ts';

const never = new AbortController().signal;

void t.test('a key in the clear does not stay so', async (t) => {
  const bench = await makeRouter((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  const pair = await selfSigned('*.test');
  const stored = async () =>
    (await bench.world.get(keys.settings, ['router', 'sslKey'], never))?.value ?? '';
  await bench.set('platform', 'domain', 'test');
  await bench.publish('blog', 'blog_v1.web.1', app.address);
  await bench.set('router', 'sslCert', pair.certificate);
  await bench.set('router', 'sslKey', pair.key);
  const end = bench.run();
  const shown = async () => (await shownFor(bench.https, 'blog.test')).name;
  await until(async () => (await stored()).startsWith('v1:'));
  await until(async () => (await shown().catch(() => '')) === '*.test');
  t.equal(vault.open(await stored(), KEY_CONTEXT), pair.key);
  const sealed = await stored();
  await until(() => onDisk().includes(sealed.slice(0, 60)));
  t.notMatch(onDisk(), 'PRIVATE KEY');
  // What it applied it says a moment later.
  await until(async () => (await bench.applied()) !== undefined);
  t.same((await bench.applied())?.refused, {});

  t.comment('a restart opens the sealed one; a new key is sealed again');
  await end();
  bench.run();
  await until(async () => (await shown().catch(() => '')) === '*.test');
  t.equal(await stored(), sealed, 'what is sealed stays');
  const next = await selfSigned('*.test');
  await bench.set('router', 'sslCert', next.certificate);
  await bench.set('router', 'sslKey', next.key);
  await until(async () => (await stored()) !== sealed && (await stored()).startsWith('v1:'));
  t.equal(vault.open(await stored(), KEY_CONTEXT), next.key);

  t.comment('one that does not fit is named, and hurts no app');
  await bench.set('router', 'sslCert', pair.certificate);
  await until(async () =>
    Object.keys((await bench.applied())?.refused ?? {}).some((name) => /platform/.test(name)),
  );
  t.not((await shownFor(bench.https, 'blog.test')).name, '*.test', 'the self-made one instead');

  function onDisk(): string {
    return readFileSync(join(bench.prefix, 'view.json'), 'utf8');
  }
});
