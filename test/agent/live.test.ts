// Start, ready and live checks of a container on a pretend host.

import t from 'tap';
import type { HealthCheck } from '../../src/model/app.ts';
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
