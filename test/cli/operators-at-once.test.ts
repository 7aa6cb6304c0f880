// Two operators at the same time, and machines that are dead: nothing is done twice, nothing is lost, and who has to wait is told.

import t, { type Test } from 'tap';
import { memoryStore } from '../../src/adapters/memory-store.ts';
import { alone } from '../../src/cli/alone.ts';
import { converge } from '../../src/cli/formations/converge.ts';
import { keepDomain } from '../../src/cli/formations/domains.ts';
import { KINDS } from '../../src/cli/formations/kinds.ts';
import {
  createRecord,
  newLayer,
  placeThere,
  removeRecord,
} from '../../src/cli/formations/records.ts';
import { rebalance } from '../../src/cli/machines/rebalance.ts';
import { rebootAll } from '../../src/cli/machines/reboot.ts';
import { plainNode } from '../../src/cli/nodes/list.ts';
import { emptyMachine, strandedUnits } from '../../src/cli/nodes/empty.ts';
import { moveNode } from '../../src/cli/nodes/move.ts';
import { parseScale } from '../../src/cli/nodes/scale.ts';
import type { Output } from '../../src/cli/output.ts';
import type { Machine, Placement } from '../../src/model/cluster.ts';
import type { WantedUnit } from '../../src/model/unit.ts';
import { keys } from '../../src/registry/keys.ts';
import { put, Registry, remove } from '../../src/registry/registry.ts';

const forever = new AbortController().signal;

function desk(t: Test) {
  const store = memoryStore();
  t.teardown(() => store.close());
  const lines: string[] = [];
  const heard = Promise.withResolvers<void>();
  const output = {
    line(text: string) {
      lines.push(text);
      if (text.startsWith('waiting:')) heard.resolve();
    },
  } as Output;
  const registry = new Registry(store);
  const operation = { registry, output, timeout: 1000, unitDirectories: [] };
  return { registry, lines, output, operation, waits: heard.promise };
}

async function machineIn(registry: Registry, id: string): Promise<Machine> {
  const machine: Machine = {
    id,
    name: id,
    ip: id,
    metadata: {},
    api: id,
    bootId: 'first',
    versions: { deisd: '', systemd: 252, engine: '' },
    capacity: { memory: 0, cpus: 1 },
  };
  const alive = put(keys.alive, [id], { session: id, since: '' });
  await registry.commit([], [put(keys.machines, [id], machine), alive], forever);
  return machine;
}

t.test('of two orders to balance the second one waits, and both end', async (t) => {
  const { registry, output, lines, waits } = desk(t);
  const done = async (): Promise<string> => {
    const id = (await registry.get(keys.rebalance, ['wish'], forever))!.value.id;
    const status = { text: 'even', since: '9', done: id };
    await registry.commit([], [put(keys.schedulerStatus, ['rebalance'], status)], forever);
    return id;
  };
  const both = [1, 2].map(() => rebalance(registry, output, 20_000, forever));
  await waits;
  const first = await done();
  const wish = async () => (await registry.get(keys.rebalance, ['wish'], forever))!.value.id;
  while ((await wish()) === first) await new Promise((resolve) => setImmediate(resolve));
  await done();
  await Promise.all(both);
  t.equal(lines.filter((line) => line.startsWith('waiting:')).length, 1);
});

t.test(
  'what is done alone is done by one after the other, and the second one is told',
  async (t) => {
    const { registry, output, lines, waits } = desk(t);
    const order: string[] = [];
    const first = alone(
      registry,
      'x',
      output,
      async () => {
        order.push('first begins');
        await waits;
        order.push('first ends');
      },
      forever,
    );
    while (order.length === 0) await new Promise((resolve) => setImmediate(resolve));
    // Another process: the same one would get its lock back.
    const pid = process.pid;
    Object.defineProperty(process, 'pid', { value: pid + 1, configurable: true });
    t.teardown(() => Object.defineProperty(process, 'pid', { value: pid, configurable: true }));
    const work = async () => void order.push('second');
    await Promise.all([first, alone(registry, 'x', output, work, forever)]);
    t.strictSame(order, ['first begins', 'first ends', 'second']);
    t.match(lines[0], new RegExp(`^waiting: it is held by .*process ${pid}$`));
  },
);

t.test('two formations that take one domain at once: the later one gives it back', async (t) => {
  const { registry } = desk(t);
  const make = (id: string) =>
    createRecord(
      registry,
      'formation',
      keys.formations,
      [id],
      { id, domain: 'a.test', created: '' },
      forever,
    );
  await make('one');
  await make('two');
  await keepDomain(registry, 'one', undefined, forever);
  await t.rejects(keepDomain(registry, 'two', undefined, forever), { code: 'conflict' });
  const { items } = await registry.list(keys.formations, [], forever);
  t.strictSame(
    items.map(({ value }) => value.id),
    ['one'],
  );
});

t.test('what is removed while somebody comes to use it stays', async (t) => {
  const { registry } = desk(t);
  const shop = { id: 'shop', domain: 'shop.test', created: '' };
  await createRecord(registry, 'formation', keys.formations, ['shop'], shop, forever);
  const layer = newLayer('shop', 'runtime', { flavor: '', planes: {}, created: '' });
  const place = await placeThere(registry, { formation: 'shop', layer: '' }, forever);
  const somebodyUsesIt = () =>
    createRecord(registry, 'layer', keys.layers, ['shop', 'runtime'], layer, forever, place);
  let looks = 0;
  const mayGo = async (): Promise<void> => {
    await KINDS.formations.mayGo(registry, ['shop'], forever);
    // Between the look and the removal.
    if ((looks += 1) === 1) await somebodyUsesIt();
  };
  const destroy = () =>
    removeRecord(registry, 'formation', keys.formations, ['shop'], mayGo, forever);
  await t.rejects(destroy(), { code: 'conflict', message: /still has: layer runtime/ });
  t.ok(await registry.get(keys.formations, ['shop'], forever), 'it is back');
  await registry.commit([], [remove(keys.layers, ['shop', 'runtime'])], forever);
  await destroy();
  const late = somebodyUsesIt();
  await t.rejects(late, { code: 'conflict', message: /needs was just removed/ });
  await t.rejects(placeThere(registry, { formation: 'shop', layer: '' }, forever), {
    code: 'not-found',
  });
});

t.test('converge does not believe what a dead machine said last', async (t) => {
  const { operation, registry, lines } = desk(t);
  for (const id of ['m1', 'm2']) await machineIn(registry, id);
  const asked: string[] = [];
  const machines = {
    async healthy(api: string): Promise<boolean> {
      asked.push(api);
      if (api !== 'm1') return true;
      const lost = { since: '', reason: 'its heartbeat is missing' };
      // The scheduler notices a little later.
      if (asked.length === 2) {
        await registry.commit([], [put(keys.lost, ['m1'], lost)], forever);
      }
      return false;
    },
  };
  const needs = { operation, machines, timeout: 20_000 };
  const { reports, problem } = await converge(needs, 'default', forever);
  t.strictSame(
    reports.map(({ node, outcome }) => `${node} ${outcome}`),
    ['m1 failed', 'm2 converged'],
  );
  t.strictSame(asked, ['m1', 'm1', 'm2']);
  t.equal(problem?.message, 'not as wanted: m1');
  t.match(lines[0], /the machine is lost/);
  const hasty = await converge({ ...needs, timeout: 0 }, 'default', forever);
  t.equal(hasty.problem?.code, 'refused');
});

t.test('a silent machine is neither moved nor rebooted', async (t) => {
  const { operation, registry, output } = desk(t);
  const machine = await machineIn(registry, 'm1');
  await registry.commit([], [remove(keys.alive, ['m1'])], forever);
  const layer = newLayer('default', 'runtime', { flavor: '', planes: {}, created: '' });
  await registry.commit([], [put(keys.layers, ['default', 'runtime'], layer)], forever);
  const move = { formation: 'default', layer: 'runtime', patience: 1000 };
  await t.rejects(moveNode(operation, plainNode(machine), machine, move, forever), {
    code: 'unavailable',
    message: /m1 is silent/,
  });
  t.equal(await registry.get(keys.orders, ['m1'], forever), undefined, 'it got no orders');
  t.equal(await registry.get(keys.nodes, ['m1'], forever), undefined);
  const needs = { registry, output, timeout: 1, machines: {} as never };
  await t.rejects(rebootAll(needs, [machine], forever), { message: /m1 is silent/ });
});

t.test('odd words', async (t) => {
  t.throws(() => parseScale(['runtime=1', 'runtime=2'], 'shop'), { message: /said twice/ });
  const planes = { runtime: true };
  t.throws(() => newLayer('shop', 'none', { flavor: '', planes, created: '' }), {
    code: 'invalid',
  });
});

t.test('a machine whose apps may run nowhere else is left as it is', async (t) => {
  const { operation, registry } = desk(t);
  const machine = await machineIn(registry, 'm1');
  await machineIn(registry, 'm2');
  const unit: WantedUnit = {
    name: 'blog_v1.web.1.service',
    kind: 'app',
    desired: 'launched',
    options: [{ section: 'X-Deis', name: 'Formation', value: 'shop' }],
    restarts: 0,
  };
  const placement: Placement = {
    want: 'run',
    revision: 1,
    kind: 'app',
    retiring: false,
    reason: '',
  };
  await registry.commit(
    [],
    [put(keys.appUnits, [unit.name], unit), put(keys.placements, ['m1', unit.name], placement)],
    forever,
  );
  const empty = emptyMachine(operation, machine, { patience: 0 }, forever);
  await t.rejects(empty, { code: 'unschedulable', message: /m1 is left as it is.*blog_v1.web.1/ });
  t.equal(await registry.get(keys.orders, ['m1'], forever), undefined, 'it got no orders');
  const anywhere = put(keys.appUnits, [unit.name], { ...unit, options: [] });
  await registry.commit([], [anywhere], forever);
  t.strictSame(await strandedUnits(registry, machine, forever), []);
});
