// install, start, stop, restart, scale and uninstall against a toy cluster that obeys at once.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { install, uninstall } from '../../../src/cli/platform/install.ts';
import { type Operation, wanting } from '../../../src/cli/platform/operation.ts';
import { changeWanted } from '../../../src/cli/platform/wanted.ts';
import { scale } from '../../../src/cli/platform/scale.ts';
import { outdated, restart, start, stop } from '../../../src/cli/platform/start-stop.ts';
import { COMPONENTS } from '../../../src/model/components.ts';
import { keys } from '../../../src/registry/keys.ts';
import { Registry, put } from '../../../src/registry/registry.ts';
import { machine } from '../records.ts';
import { type ToyCluster, toyCluster } from './toy-cluster.ts';

const UNIT_FILE = '[Unit]\nDescription=x\n\n[X-Fleet]\nConflicts=x@*.service\n';

interface Stage {
  toy: ToyCluster;
  operation: Operation;
  lines: string[];
  signal: AbortSignal;
  wanted: () => Promise<Record<string, string>>;
}

function stage(t: Test): Stage {
  const ended = new AbortController();
  t.teardown(() => ended.abort());
  const files = COMPONENTS.map(({ name, scalable }) => [
    `deis-${name}${scalable ? '@' : ''}.service`,
    UNIT_FILE,
  ]);
  const units = t.testdir(Object.fromEntries(files) as Record<string, string>);
  const toy = toyCluster(ended.signal);
  const lines: string[] = [];
  const operation: Operation = {
    registry: toy.registry,
    output: { line: (text) => lines.push(text) },
    timeout: 3000,
    unitDirectories: [units],
  };
  const wanted = async (): Promise<Record<string, string>> => {
    const { items } = await toy.registry.list(keys.platformUnits, [], ended.signal);
    return Object.fromEntries(items.map(({ value }) => [value.name, value.desired]));
  };
  return { toy, operation, lines, signal: ended.signal, wanted };
}

async function withPlatform(t: Test): Promise<Stage> {
  const it = stage(t);
  const domain = put(keys.settings, ['platform', 'domain'], 'paas.localhost');
  const machines = [1, 2, 3].map((number) =>
    put(keys.machines, [machine(number).id], machine(number)),
  );
  await it.toy.registry.commit([], [domain, ...machines], it.signal);
  await install(it.operation, ['platform'], {}, it.signal);
  return it;
}

void t.test('install platform needs a domain, and says how to set it', async (t) => {
  const { operation, signal } = stage(t);
  await t.rejects(install(operation, ['platform'], { domain: 'paas.localhost' }, signal), {
    code: 'invalid',
    hint: /deisctl config platform set domain=paas\.localhost/,
  });
});

void t.test(
  'install platform loads everything, plane by plane, and again changes nothing',
  async (t) => {
    const { toy, operation, lines, wanted, signal } = await withPlatform(t);
    t.strictSame(lines.slice(3), [
      'Storage subsystem...',
      'deis-registry@1.service: loaded',
      'deis-registry@2.service: loaded',
      'Logging subsystem...',
      'deis-logger.service: loaded',
      'Router mesh...',
      'deis-router@1.service: loaded',
      'Control plane...',
      'deis-controller@1.service: loaded',
      'deis-builder@1.service: loaded',
      'Done.',
      '',
      'Please run `deisctl start platform` to boot up Deis.',
    ]);
    const before = toy.history.length;
    await scale(operation, ['router=3'], signal);
    await install(operation, ['platform'], {}, signal);
    t.equal((await wanted())['deis-router@3.service'], 'launched', 'what was scaled stays');
    t.strictSame(toy.history.slice(before), [
      'deis-router@2.service active',
      'deis-router@3.service active',
    ]);
  },
);

void t.test('start and stop', async (t) => {
  const { operation, lines, wanted, signal } = await withPlatform(t);
  lines.length = 0;
  await start(operation, ['platform'], signal);
  t.ok(lines.includes('deis-router@1.service: active/running'), lines.join('\n'));
  t.strictSame(new Set(Object.values(await wanted())), new Set(['launched']));
  lines.length = 0;
  await stop(operation, ['router@1', 'registry'], signal);
  t.strictSame(
    lines.filter((line) => line.includes(':')),
    [
      'deis-router@1.service: inactive/dead',
      'deis-registry@1.service: inactive/dead',
      'deis-registry@2.service: inactive/dead',
    ],
    'routers leave before what is behind them',
  );
});

void t.test(
  'a unit that fails ends the command with its reason and the next command',
  async (t) => {
    const { toy, operation, signal, lines } = await withPlatform(t);
    toy.failing.set('deis-registry@2.service', 'exit status 3');
    await t.rejects(start(operation, ['platform'], signal), {
      code: 'refused',
      message: 'deis-registry@2.service did not start: exit status 3',
      hint: /deisctl why registry@2\n.*deisctl journal registry@2/,
    });
    t.notOk(
      lines.some((line) => line.startsWith('deis-router@1.service: active')),
      'the rest waits',
    );
  },
);

void t.test('a unit no machine may run is told with the reason', async (t) => {
  const { toy, operation, signal } = await withPlatform(t);
  toy.refused.set('deis-router@2.service', 'every machine has a router');
  await t.rejects(scale({ ...operation, timeout: 20_000 }, ['router=2'], signal), {
    message: 'deis-router@2.service did not start: every machine has a router',
  });
});

void t.test('restart goes one by one and counts up', async (t) => {
  const { toy, operation, signal } = await withPlatform(t);
  await start(operation, ['registry'], signal);
  const before = toy.history.length;
  await restart(operation, ['registry@*'], signal);
  await restart(operation, ['registry@1'], signal);
  t.strictSame(toy.history.slice(before), [
    'deis-registry@1.service active restart 1',
    'deis-registry@2.service active restart 1',
    'deis-registry@1.service active restart 2',
  ]);
});

void t.test('restart brings units to what their files say now', async (t) => {
  const { operation, signal } = await withPlatform(t);
  await start(operation, ['registry'], signal);
  t.strictSame(await outdated(operation, signal), []);
  const file = join(operation.unitDirectories[0]!, 'deis-registry@.service');
  writeFileSync(file, UNIT_FILE.replace('Description=x', 'Description=newer'));
  const old = await outdated(operation, signal);
  t.strictSame(old, ['deis-registry@1', 'deis-registry@2']);
  await restart(operation, old, signal);
  t.strictSame(await outdated(operation, signal), []);
  const unit = await operation.registry.get(
    keys.platformUnits,
    ['deis-registry@2.service'],
    signal,
  );
  t.match(unit?.value, { restarts: 1, options: [{ value: 'newer' }] });
});

void t.test('scale down removes the highest numbers and forgets them', async (t) => {
  const { operation, lines, wanted, signal } = await withPlatform(t);
  await scale(operation, ['router=3'], signal);
  lines.length = 0;
  await scale(operation, ['router=1'], signal);
  t.strictSame(lines, ['deis-router@3.service: destroyed', 'deis-router@2.service: destroyed']);
  t.strictSame(
    Object.keys(await wanted()).filter((name) => name.includes('router')),
    ['deis-router@1.service'],
  );
});

void t.test('a router that is still going is told to stay, with its restarts', async (t) => {
  const { toy, operation, signal } = await withPlatform(t);
  await scale(operation, ['router=2'], signal);
  await restart(operation, ['router@2'], signal);
  const name = 'deis-router@2.service';
  const before = await toy.registry.get(keys.platformUnits, [name], signal);
  const gone = { ...before!.value, desired: 'gone' as const };
  await toy.registry.commit([], [put(keys.platformUnits, [name], gone)], signal);
  await scale(operation, ['router=2'], signal);
  const { value } = (await toy.registry.get(keys.platformUnits, [name], signal))!;
  t.match(value, { desired: 'launched', restarts: 1 });
});

void t.test('uninstall forgets everything, also what an interrupted run left', async (t) => {
  const { toy, operation, wanted, signal } = await withPlatform(t);
  const leaving = await toy.registry.get(keys.platformUnits, ['deis-router@1.service'], signal);
  const gone = { ...leaving!.value, desired: 'gone' as const };
  await toy.registry.commit([], [put(keys.platformUnits, [gone.name], gone)], signal);
  await uninstall(operation, ['platform'], signal);
  t.strictSame(await wanted(), {});
  await t.rejects(start(operation, ['router'], signal), {
    code: 'not-found',
    hint: /deisctl install router/,
  });
});

void t.test(
  'somebody else changed the unit meanwhile: their change is kept, ours comes on top',
  async (t) => {
    const { toy, signal } = await withPlatform(t);
    const name = 'deis-router@1.service';
    let competitors = 1;
    const contested = new Registry({
      ...toy.store,
      async commit(transaction, until) {
        if (competitors-- > 0) {
          const other = await toy.registry.get(keys.platformUnits, [name], signal);
          const restarted = { ...other!.value, restarts: 5 };
          await toy.registry.commit([], [put(keys.platformUnits, [name], restarted)], signal);
        }
        return toy.store.commit(transaction, until);
      },
    });
    const launch = wanting('launched');
    await changeWanted(contested, keys.platformUnits, [name], launch, signal);
    const { value } = (await toy.registry.get(keys.platformUnits, [name], signal))!;
    t.match(value, { desired: 'launched', restarts: 5 });
    competitors = 100;
    const stopping = changeWanted(contested, keys.platformUnits, [name], wanting('loaded'), signal);
    await t.rejects(stopping, { code: 'conflict' });
  },
);

void t.test('Ctrl-C ends the waiting', async (t) => {
  const { toy, operation } = await withPlatform(t);
  toy.refused.set('deis-router@2.service', 'x');
  const stopping = new AbortController();
  const waiting = scale(operation, ['router=2'], stopping.signal);
  setTimeout(() => stopping.abort(new Error('interrupted')), 100);
  await t.rejects(waiting, { message: 'interrupted' });
});
