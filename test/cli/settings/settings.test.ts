// deisctl config: reading assignments, refusing what is not a setting, keeping files' contents.

import { join } from 'node:path';
import t from 'tap';
import { memoryStore } from '../../../src/adapters/memory-store.ts';
import {
  getSettings,
  removeSettings,
  requireConfigurable,
  setSettings,
} from '../../../src/cli/settings/settings.ts';
import { parseAssignments } from '../../../src/cli/settings/settings-rules.ts';
import { keys } from '../../../src/registry/keys.ts';
import { Registry, put } from '../../../src/registry/registry.ts';
import { selfSigned } from '../../router/nginx-bench.ts';

const { signal } = new AbortController();

void t.test('the first = separates', async (t) => {
  t.strictSame(parseAssignments(['a=b=c==', 'hsts/enabled=true']), {
    assignments: [
      { name: 'a', value: 'b=c==' },
      { name: 'hsts/enabled', value: 'true' },
    ],
  });
  for (const word of ['a', '=b', 'a=']) t.match(parseAssignments([word]), { problem: String });
});

void t.test('set, get and remove', async (t) => {
  const registry = new Registry(memoryStore());
  await setSettings(registry, 'router', ['bodySize=10m', 'gzip=off'], signal);
  t.strictSame(await getSettings(registry, 'router', [], signal), { bodySize: '10m', gzip: 'off' });
  t.strictSame(await getSettings(registry, 'router', ['gzip'], signal), { gzip: 'off' });
  t.equal((await registry.store.get('/deis/router/gzip', signal))?.value, 'off', 'as v1 kept it');
  await removeSettings(registry, 'router', ['gzip'], signal);
  await t.rejects(getSettings(registry, 'router', ['gzip'], signal), {
    code: 'not-found',
    hint: /deisctl config router set gzip=<value>/,
  });
});

void t.test('what other parts write is neither shown nor set', async (t) => {
  const registry = new Registry(memoryStore());
  await registry.commit([], [put(keys.routerHosts, ['m1'], '10.0.0.1:80')], signal);
  t.strictSame(await getSettings(registry, 'router', [], signal), {});
  for (const word of [
    'hosts/m1=x',
    'alive/m1=x',
    'applied/m1=x',
    'hosts=x',
    '../apps/x=1',
    'a//b=1',
    'a b=1',
  ]) {
    await t.rejects(setSettings(registry, 'router', [word], signal), { code: 'invalid' }, word);
  }
  t.throws(() => requireConfigurable('cluster'), { code: 'invalid' });
  t.throws(() => requireConfigurable('routr'), { code: 'invalid' });
  requireConfigurable('platform');
});

void t.test('all or nothing', async (t) => {
  const registry = new Registry(memoryStore());
  const words = ['domain=apps.example.com', 'version='];
  await t.rejects(setSettings(registry, 'platform', words, signal), { code: 'invalid' });
  t.strictSame(await getSettings(registry, 'platform', [], signal), {});
  await t.rejects(setSettings(registry, 'platform', ['domain=Not A Domain'], signal), {
    code: 'invalid',
  });
});

void t.test('the router is not told what it would ignore', async (t) => {
  const registry = new Registry(memoryStore());
  const set = (word: string) => setSettings(registry, 'router', [word], signal);
  await t.rejects(set('bodySize=huge'), { message: 'bodySize: "huge" is not a size such as 1m' });
  await t.rejects(set('bodysize=1m'), { code: 'invalid', hint: /Did you mean "bodySize"\?/ });
  await t.rejects(set('firewall/enabled=true'), { message: /any more: naxsi/ });
  await t.rejects(set('sslProtocols=TLSv1 TLSv1.2'), {
    message: /is not TLSv1.2, TLSv1.3 or both/,
  });
  await set('bodySize=1m');
});

void t.test('certificates and keys are given as files', async (t) => {
  const [pair, other] = [await selfSigned('apps.test'), await selfSigned('apps.test')];
  const dir = t.testdir({
    'cert.pem': pair.certificate,
    'key.pem': pair.key,
    'other.pem': other.key,
    key: 'secret\n',
  });
  const registry = new Registry(memoryStore());
  await setSettings(registry, 'router', [`sslCert=${join(dir, 'cert.pem')}`], signal);
  t.strictSame(await getSettings(registry, 'router', [], signal), {
    sslCert: pair.certificate,
  });
  await t.rejects(setSettings(registry, 'router', [`sslKey=${join(dir, 'other.pem')}`], signal), {
    message: /does not belong/,
  });
  await t.rejects(setSettings(registry, 'router', [`sslKey=${join(dir, 'key')}`], signal), {
    message: 'sslKey: the value is not a private key in PEM, without a passphrase',
  });
  await setSettings(registry, 'router', [`sslKey=${join(dir, 'key.pem')}`], signal);
  await setSettings(registry, 'platform', [`sshPrivateKey=${join(dir, 'key')}`], signal);
  t.strictSame(await getSettings(registry, 'platform', ['sshPrivateKey'], signal), {
    sshPrivateKey: Buffer.from('secret\n').toString('base64'),
  });
  await t.rejects(setSettings(registry, 'router', ['sslKey=/no/such'], signal), {
    message: /\/no\/such cannot be read/,
  });
});
