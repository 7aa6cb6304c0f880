// deisctl submit and destroy.

import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type ForeignOperation, destroy, submit } from '../../../src/cli/foreign/foreign.ts';
import { keys } from '../../../src/registry/keys.ts';
import { toyCluster } from '../platform/toy-cluster.ts';

const UNIT = '[Service]\nExecStart=/bin/sleep 1000\n';

function stage(t: Test) {
  const ended = new AbortController();
  t.teardown(() => ended.abort());
  const dir = t.testdir({
    'a.service': UNIT,
    'w@.service': UNIT,
    'deis-x.service': UNIT,
    'bad name.service': UNIT,
    'broken.service': '[Service\n',
    'odd.service': '[X-Fleet]\nGlobal=true\nMachineOf=a.service\n',
  });
  const toy = toyCluster(ended.signal);
  const lines: string[] = [];
  const output = { line: (text: string) => lines.push(text) };
  const operation: ForeignOperation = { registry: toy.registry, output, timeout: 10_000 };
  const wanted = async () => {
    const { items } = await toy.registry.list(keys.foreignUnits, [], ended.signal);
    return items.map(({ value }) => `${value.name} ${value.desired}`);
  };
  const file = (name: string) => join(dir, name);
  return { toy, operation, lines, wanted, file, signal: ended.signal };
}

void t.test('submit stores, submit --start runs, destroy forgets', async (t) => {
  const { operation, lines, wanted, file, signal } = stage(t);
  await submit(operation, [file('a.service')], false, signal);
  t.strictSame(await wanted(), ['a.service inactive']);
  await submit(
    operation,
    [file('a.service'), file('w@1.service'), file('w@2.service')],
    true,
    signal,
  );
  t.strictSame(await wanted(), [
    'a.service launched',
    'w@1.service launched',
    'w@2.service launched',
  ]);
  t.ok(lines.includes('w@2.service: active/running'), lines.join('\n'));
  await destroy(operation, ['w@*.service'], signal);
  t.strictSame(await wanted(), ['a.service launched']);
  await t.rejects(destroy(operation, ['w@*.service'], signal), { code: 'not-found' });
});

void t.test('300 units, in batches', async (t) => {
  const { operation, wanted, file, signal } = stage(t);
  const files = Array.from({ length: 300 }, (_, index) => file(`w@${index}.service`));
  await submit(operation, files, true, signal);
  t.equal((await wanted()).length, 300);
  await destroy(operation, ['w@*.service'], signal);
  t.strictSame(await wanted(), []);
});

void t.test('what cannot be is refused before anything is written', async (t) => {
  const { operation, wanted, file, signal } = stage(t);
  const cases: [string, boolean, RegExp][] = [
    ['deis-x.service', true, /a name of the platform itself/],
    ['bad name.service', true, /invalid unit name/],
    ['w@.service', true, /template and cannot run/],
    ['broken.service', true, /broken\.service, line 1/],
    ['odd.service', true, /Global cannot be used with Peers/],
    ['missing.service', true, /no file .*missing\.service/],
  ];
  for (const [name, start, message] of cases) {
    const both = [file('a.service'), file(name)];
    await t.rejects(submit(operation, both, start, signal), { message }, name);
  }
  t.strictSame(await wanted(), []);
});

void t.test('a unit that fails is named; another with the same name is a conflict', async (t) => {
  const { toy, operation, file, signal } = stage(t);
  toy.failing.set('a.service', 'exit status 1');
  await t.rejects(submit(operation, [file('a.service')], true, signal), {
    message: 'a.service did not start: exit status 1',
    hint: 'See why: deisctl why a.service',
  });
  const other = t.testdir({ other: { 'a.service': '[Service]\nExecStart=/bin/true\n' } });
  await t.rejects(submit(operation, [join(other, 'other/a.service')], true, signal), {
    code: 'conflict',
    hint: /deisctl destroy a\.service/,
  });
});
