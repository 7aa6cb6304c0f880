// Start, ready and live checks of a container on a pretend host.

import t, { type Test } from 'tap';
import type { HealthCheck } from '../../src/model/app.ts';
import { FLAPS } from '../../src/agent/health.ts';
import type { WantedUnit } from '../../src/model/unit.ts';
import { started, WEB } from './blog.ts';
import { web, type World } from './world.ts';

const CHECK: HealthCheck = {
  path: '/ready',
  initialDelay: 0,
  timeout: 1,
  interval: 2,
  failures: 2,
};
const FAILS = { kind: 'failed', reason: 'HTTP 500', refused: false } as const;
const PASSES = { kind: 'passed' } as const;

function checked(num: number, check: Partial<HealthCheck>): WantedUnit {
  const unit = web('blog', num);
  return { ...unit, process: { ...unit.process!, check: { ...CHECK, ...check } } };
}

const count = (world: World, what: 'start' | 'stop'): number =>
  world.host.did.filter((did) => did === `${what} ${WEB}`).length;
const starts = (world: World): number => count(world, 'start');

void t.test('what fails its live check is drained, restarted, and later each time', async (t) => {
  const world = await started(t);
  world.answers.set('/ready', PASSES);
  world.answers.set('/live', PASSES);
  const live = { path: '/live', initialDelay: 0, timeout: 1, interval: 2, failures: 2 };
  await world.want(checked(1, { live }));
  await world.until(async () => (await world.state(WEB))?.published !== undefined);
  await world.pass(3000);
  t.equal(starts(world), 1);
  const gaps: number[] = [];
  for (let restart = 2; restart <= 4; restart += 1) {
    world.answers.set('/live', FAILS);
    const since = world.clock.monotonic();
    await world.until(() => count(world, 'stop') === restart - 1, 60_000);
    gaps.push(world.clock.monotonic() - since);
    world.answers.set('/live', PASSES);
    await world.until(() => starts(world) === restart, 60_000);
    await world.pass(3000);
    t.match(await world.state(WEB), { health: 'healthy', published: Number });
  }
  t.ok(gaps[2]! > gaps[0]! + 900, `later each time: ${gaps.map(Math.round).join(', ')} ms`);
  await world.pass(10_000);
  t.equal(starts(world), 4, 'well again, it is left alone');
});

void t.test('a live check that never passed restarts nothing', async (t) => {
  const world = await started(t);
  world.answers.set('/ready', PASSES);
  world.answers.set('/live', FAILS);
  const live = { path: '/live', initialDelay: 0, timeout: 1, interval: 2, failures: 2 };
  await world.want(checked(1, { live }));
  await world.until(async () => (await world.state(WEB))?.published !== undefined);
  await world.pass(20_000);
  t.equal(starts(world), 1);
});

void t.test('the start check comes first', async (t) => {
  const world = await started(t);
  world.answers.set('/boot', FAILS);
  world.answers.set('/ready', PASSES);
  await world.want(checked(1, { startPath: '/boot' }));
  await world.until(() => starts(world) === 1);
  await world.pass(2000);
  t.equal((await world.state(WEB))?.health, 'unknown');
  world.answers.set('/boot', PASSES);
  await world.until(async () => (await world.state(WEB))?.published !== undefined);
  world.answers.set('/boot', FAILS);
  await world.pass(10_000);
  t.equal((await world.state(WEB))?.health, 'healthy', 'it is not asked again');
});

void t.test('the last container is withdrawn only if the app says so', async (t) => {
  for (const withdrawLast of [false, true]) {
    const world = await started(t);
    world.answers.set('/ready', PASSES);
    await world.want(checked(1, { withdrawLast }));
    await world.until(async () => (await world.state(WEB))?.published !== undefined);
    world.answers.set('/ready', FAILS);
    await world.pass(10_000);
    t.equal((await world.upstream('blog', WEB)) === undefined, withdrawLast);
  }
});

/** Three containers of one app, published, whose checks are asked at the same moments: the daemon has begun anew. */
async function three(
  t: Test,
  check: Partial<HealthCheck>,
): Promise<{ world: World; names: string[]; upstreams: () => Promise<number> }> {
  const world = await started(t);
  const units = [1, 2, 3].map((num) => checked(num, check));
  world.answers.set('/ready', PASSES).set('/live', PASSES);
  for (const unit of units) await world.want(unit);
  const names = units.map(({ name }) => name);
  const upstreams = async (): Promise<number> => {
    const all = await Promise.all(names.map((name) => world.upstream('blog', name)));
    return all.filter((address) => address !== undefined).length;
  };
  await world.until(async () => (await upstreams()) === 3);
  await world.endDaemon();
  await world.start();
  await world.pass(3000);
  return { world, names, upstreams };
}

void t.test('commands are asked of a process that gets no requests', async (t) => {
  const world = await started(t);
  const unit = checked(1, { command: ['ready'], live: { ...CHECK, command: ['alive'] } });
  await world.want({ ...unit, process: { ...unit.process!, routed: false } });
  await world.until(() => starts(world) === 1);
  await world.pass(2000);
  t.match(await world.state(WEB), { health: 'unknown', message: /refused/ });
  world.answers.set('ready', PASSES).set('alive', PASSES);
  await world.until(async () => (await world.state(WEB))?.health === 'healthy');
  t.equal((await world.state(WEB))?.published, undefined);
  await world.pass(3000);
  world.answers.set('alive', FAILS);
  await world.until(() => starts(world) === 2);
  t.equal(count(world, 'stop'), 1, 'what fails its live check is restarted');
});

void t.test('who is well and sick by turns is restarted, later each time', async (t) => {
  const world = await started(t);
  world.answers.set('/ready', PASSES);
  await world.want(checked(1, {}));
  const well = async (): Promise<boolean> => (await world.state(WEB))?.health === 'healthy';
  await world.until(well);
  /** How often it falls until it is restarted, and how long that takes from its last fall. */
  const flap = async (restart: number): Promise<{ falls: number; waited: number }> => {
    for (let falls = 1; ; falls += 1) {
      world.answers.set('/ready', FAILS);
      await world.until(async () => (await world.state(WEB))?.health === 'unhealthy');
      const fell = world.clock.monotonic();
      world.answers.set('/ready', PASSES);
      if (falls === FLAPS) {
        await world.until(() => count(world, 'stop') === restart);
        await world.until(() => starts(world) === restart + 1);
        await world.until(well);
        return { falls, waited: world.clock.monotonic() - fell };
      }
      await world.until(well);
      t.equal(count(world, 'stop'), restart - 1, `fall ${falls} is no reason yet`);
    }
  };
  const first = await flap(1);
  const second = await flap(2);
  t.ok(second.waited > first.waited + 500, `${first.waited} ms, then ${second.waited} ms`);
});

void t.test('when all fail at the same moment, one stays', async (t) => {
  const { world, upstreams } = await three(t, {});
  world.answers.set('/ready', FAILS);
  await world.until(async () => (await upstreams()) < 3);
  await world.pass(15_000);
  t.equal(await upstreams(), 1, 'better than none');
});

void t.test('live checks that fail at the same moment never take the last one away', async (t) => {
  const live = { path: '/live', initialDelay: 0, timeout: 1, interval: 2, failures: 2 };
  const { world, names, upstreams } = await three(t, { live });
  world.answers.set('/live', FAILS);
  let least = 3;
  const isRestarted = (name: string): boolean => world.host.did.includes(`stop ${name}`);
  await world.until(async () => {
    least = Math.min(least, await upstreams());
    world.answers.set('/live', names.some(isRestarted) ? PASSES : FAILS);
    return names.filter(isRestarted).length >= 2;
  }, 60_000);
  await world.pass(10_000);
  t.equal(least, 1, 'one served at every moment');
  t.notOk(names.every(isRestarted), 'the one that was left is well again and stays');
});
