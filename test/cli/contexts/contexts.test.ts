// Names for clusters: added, used, replaced, forgotten.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  addContext,
  listContexts,
  removeContext,
  useContext,
} from '../../../src/cli/contexts/contexts.ts';

void t.test('the life of a context', async (t) => {
  const file = join(t.testdir({}), 'deep', 'contexts.json');
  process.env['DEISCTL_CONTEXTS'] = file;
  await addContext('prod', { tunnel: 'core@prod-1', 'ssh-key': 'key' }, false);
  await addContext('lab.2', { endpoint: ['https://10.0.0.1:2379'], 'etcd-cafile': '/ca' }, false);
  t.equal(statSync(file).mode & 0o777, 0o600);
  const stored = JSON.parse(readFileSync(file, 'utf8')) as { contexts: object };
  t.match(stored.contexts, { prod: { sshKey: join(process.cwd(), 'key') } }, 'from any folder');
  await t.rejects(addContext('prod', { tunnel: 'x' }, false), {
    code: 'conflict',
    hint: /--force/,
  });
  await addContext('prod', { tunnel: 'core@prod-2' }, true);
  await useContext('prod');
  const rows = await listContexts();
  const prod = rows.find(({ name }) => name === 'prod');
  t.strictSame(prod, { name: 'prod', current: true, way: 'tunnel core@prod-2' });
  t.match(
    rows.find(({ name }) => name === 'lab.2'),
    { current: false, way: 'https://10.0.0.1:2379' },
  );
  await removeContext('prod');
  const after = JSON.parse(readFileSync(file, 'utf8')) as { current?: string };
  t.equal(after.current, undefined, 'the current one was it');
});

void t.test('what is refused says what to do', async (t) => {
  const file = join(t.testdir({}), 'contexts.json');
  process.env['DEISCTL_CONTEXTS'] = file;
  await t.rejects(addContext('a b', { tunnel: 'x' }, false), { code: 'invalid' });
  await t.rejects(addContext('x', {}, false), { code: 'invalid', hint: /--tunnel/ });
  await t.rejects(addContext('x', { tunnel: 'a b' }, false), { code: 'invalid' });
  await addContext('prod', { tunnel: 'x' }, false);
  await t.rejects(useContext('prdo'), { code: 'not-found', hint: /Did you mean "prod"\?/ });
  await t.rejects(removeContext('other'), { code: 'not-found', hint: /Contexts: prod/ });
  writeFileSync(file, '{');
  await t.rejects(listContexts(), { code: 'invalid', message: /damaged/, hint: /contexts add/ });
});
