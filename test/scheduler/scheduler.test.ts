// The scheduler as it runs: elected, deciding from a store, refused when it comes too late.

import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { manualClock } from '../../src/adapters/manual-clock.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { MachineProbe } from '../../src/ports/probe.ts';
import { keys } from '../../src/registry/keys.ts';
import { put, Registry, remove } from '../../src/registry/registry.ts';
import { runScheduler } from '../../src/scheduler/scheduler.ts';
import { wantedUnit } from './picture.ts';
import { agentsReport, type ToyCluster, toyCluster } from './toy-cluster.ts';

const MACHINES = ['m1', 'm2', 'm3'];
const nobodyAnswers: MachineProbe = { answers: () => Promise.resolve(false) };
const everybodyAnswers: MachineProbe = { answers: () => Promise.resolve(true) };

/** Starts a candidate; the returned function ends it. */
function candidate(
  cluster: ToyCluster,
  machineId: string,
  options: { clock?: Clock; probe?: MachineProbe; registry?: Registry } = {},
): () => Promise<void> {
  const stop = new AbortController();
  const { clock = systemClock, probe = nobodyAnswers, registry = cluster.registry } = options;
  const { log } = cluster;
  const running = runScheduler({ registry, log, clock, machineId, probe }, stop.signal);
  return async () => {
    stop.abort();
    await running;
  };
}

async function until(what: string, holds: () => Promise<boolean> | boolean, ms = 5000) {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > ms) throw new Error(`after ${ms} ms: not yet ${what}`);
    await delay(10);
  }
  return performance.now() - began;
}

void t.test('a submitted unit is placed, moved on its change, and cleared when gone', async (t) => {
  const cluster = await toyCluster(MACHINES);
  t.teardown(() => cluster.store.close());
  const end = candidate(cluster, 'm1');
  await cluster.submit({ 'web.service': {} });
  await until('placed', async () => (await cluster.placements()).length === 1);
  t.strictSame(await cluster.placements(), ['web.service m1: run']);
  await agentsReport(cluster);
  await cluster.submit({ 'web.service': { desired: 'gone' } });
  await until('told to go', async () => (await cluster.placements())[0]?.endsWith('gone') ?? false);
  await agentsReport(cluster);
  await until('cleared', async () => (await cluster.placements()).length === 0);
  await end();
  const words = cluster.told.filter((line) => line.includes('unit=web.service'));
  t.match(words, [
    /^placed .*machine=m1 reason=it is wanted and runs nowhere/,
    /^told to go /,
    /^cleared .*reason=it is gone from the machine/,
  ]);
});

void t.test(
  '300 units are placed evenly within two seconds, and then nothing is written',
  async (t) => {
    const cluster = await toyCluster(MACHINES);
    t.teardown(() => cluster.store.close());
    const end = candidate(cluster, 'm1');
    const names = Array.from({ length: 300 }, (_, n) => `u@${n + 1}.service`);
    for (const name of names) await cluster.submit({ [name]: {} });
    const took = await until('all placed', async () => (await cluster.placements()).length === 300);
    t.ok(took < 2000, `took ${Math.round(took)} ms`);
    const placed = await cluster.placements();
    for (const machine of MACHINES) {
      t.equal(placed.filter((line) => line.endsWith(`${machine}: run`)).length, 100);
    }
    const before = await cluster.revision();
    await delay(300);
    t.equal(await cluster.revision(), before, 'the store rests');
    await end();
  },
);

void t.test('when the leader ends, the other candidate goes on', async (t) => {
  const cluster = await toyCluster(MACHINES);
  t.teardown(() => cluster.store.close());
  const endFirst = candidate(cluster, 'm1');
  await until('led', () => cluster.told.some((line) => line.startsWith('elected')));
  const endSecond = candidate(cluster, 'm2');
  await endFirst();
  await cluster.submit({ 'web.service': {} });
  await until('placed', async () => (await cluster.placements()).length === 1);
  await endSecond();
  t.equal(cluster.told.filter((line) => line.startsWith('elected')).length, 2);
});

void t.test('writes of a leader that was deposed are refused, counted and told', async (t) => {
  const cluster = await toyCluster(MACHINES);
  t.teardown(() => cluster.store.close());
  const first = cluster.store.connect();
  t.teardown(() => first.close());
  const endFirst = candidate(cluster, 'm1', { registry: new Registry(first) });
  await until('led', () => cluster.told.some((line) => line.startsWith('elected')));
  const leader = keys.leaders.key('scheduler');
  // Another leadership in its place, and at once something to decide: the first one cannot know yet.
  await cluster.registry.store.commit(
    { conditions: [], writes: [{ kind: 'delete', key: leader }] },
    AbortSignal.timeout(1000),
  );
  const unit = { ...wantedUnit('web.service').value };
  await cluster.write(
    { kind: 'put', key: leader, value: 'm2' },
    put(keys.foreignUnits, ['web.service'], unit),
  );
  await until('refused', () => cluster.told.some((line) => line.startsWith('late writes refused')));
  t.strictSame(await cluster.placements(), []);
  await cluster.write(remove(keys.leaders, ['scheduler']));
  const count = async () =>
    (await cluster.registry.get(keys.schedulerStatus, ['refused'], AbortSignal.timeout(1000)))
      ?.value.count;
  await until('recorded', async () => ((await count()) ?? 0) > 0);
  t.strictSame(await cluster.placements(), ['web.service m1: run']);
  await endFirst();
});

void t.test(
  'a silent machine is lost after four seconds; its units run elsewhere at once',
  async (t) => {
    const clock = manualClock();
    const cluster = await toyCluster(MACHINES, clock);
    t.teardown(() => cluster.store.close());
    const end = candidate(cluster, 'm2', { clock });
    await clock.advance(100);
    await cluster.submit({ 'a.service': {}, 'b.service': {}, 'c.service': {} });
    await clock.advance(200);
    t.strictSame(await cluster.placements(), [
      'a.service m1: run',
      'b.service m2: run',
      'c.service m3: run',
    ]);
    await agentsReport(cluster);
    await cluster.write(
      put(keys.services, ['a', 'a.service'], '10.0.0.1:20001'),
      put(keys.services, ['b', 'b.service'], '10.0.0.2:20001'),
    );
    await cluster.silence('m1');
    await clock.advance(3900);
    t.equal((await cluster.placements()).length, 3, 'not before four seconds');
    await clock.advance(1500);
    t.strictSame(await cluster.placements(), [
      'a.service m1: stop',
      'a.service m2: run',
      'b.service m2: run',
      'c.service m3: run',
    ]);
    const never = new AbortController().signal;
    const { items } = await cluster.registry.list(keys.services, [], never);
    t.strictSame(
      items.map(({ value }) => value),
      ['10.0.0.2:20001'],
    );
    t.equal((await cluster.registry.list(keys.states, ['m1'], never)).items.length, 0);
    t.ok(await cluster.registry.get(keys.lost, ['m1'], never));
    await cluster.revive('m1');
    await clock.advance(200);
    t.equal(await cluster.registry.get(keys.lost, ['m1'], never), undefined);
    await agentsReport(cluster);
    await clock.advance(200);
    t.strictSame(await cluster.placements(), [
      'a.service m2: run',
      'b.service m2: run',
      'c.service m3: run',
    ]);
    const ending = end();
    await clock.advance(2000);
    await ending;
  },
);

void t.test('a machine that answers the probe keeps its units', async (t) => {
  const clock = manualClock();
  const cluster = await toyCluster(MACHINES, clock);
  t.teardown(() => cluster.store.close());
  const end = candidate(cluster, 'm2', { clock, probe: everybodyAnswers });
  await clock.advance(100);
  await cluster.submit({ 'a.service': {} });
  await clock.advance(200);
  await cluster.silence('m1');
  await clock.advance(60_000);
  t.strictSame(await cluster.placements(), ['a.service m1: run']);
  const ending = end();
  await clock.advance(2000);
  await ending;
});

void t.test(
  'two of three silent at once: the brake is told, and nothing moves for 27 s',
  async (t) => {
    const clock = manualClock();
    const cluster = await toyCluster(MACHINES, clock);
    t.teardown(() => cluster.store.close());
    const end = candidate(cluster, 'm3', { clock });
    await clock.advance(100);
    await cluster.submit({ 'a.service': {}, 'b.service': {} });
    await clock.advance(200);
    await cluster.silence('m1');
    await cluster.silence('m2');
    await clock.advance(26_000);
    t.strictSame(await cluster.placements(), ['a.service m1: run', 'b.service m2: run']);
    const never = new AbortController().signal;
    const brake = async () =>
      (await cluster.registry.get(keys.schedulerStatus, ['brake'], never))?.value.text;
    t.match(await brake(), /^2 of 3 machines are silent at once; nothing is declared lost until /);
    await clock.advance(8000);
    t.strictSame(await cluster.placements(), [
      'a.service m1: stop',
      'a.service m3: run',
      'b.service m2: stop',
      'b.service m3: run',
    ]);
    await clock.advance(1000);
    t.equal(await brake(), undefined);
    const ending = end();
    await clock.advance(2000);
    await ending;
  },
);
