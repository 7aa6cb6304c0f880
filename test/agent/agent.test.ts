// The agent from order to report, on a pretend host.

import t from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { put } from '../../src/registry/registry.ts';
import { ADDRESS, forever, serving, started, WEB } from './blog.ts';
import { foreign, web } from './world.ts';

void t.test('a foreign unit is installed, started and reported', async (t) => {
  const world = await started(t);
  await world.want(foreign('a.service'));
  await world.until(async () => (await world.state('a.service'))?.phase === 'running');
  t.strictSame(world.host.did, ['install a.service', 'start a.service']);
  const state = await world.state('a.service');
  t.match(state, { load: 'loaded', active: 'active', sub: 'running', health: 'none' });
  t.match(state?.hash, /^[0-9a-f]{40}$/);
});

void t.test('many units are installed together', async (t) => {
  const world = await started(t);
  for (let n = 1; n <= 30; n += 1) await world.want(foreign(`u${n}.service`));
  await world.until(() => world.host.active.size === 30);
  const installs = world.host.did.filter((line) => line.startsWith('install'));
  t.ok(installs.length < 10, `${installs.length} reloads for 30 units`);
});

void t.test('an app container is pulled, proven healthy, published', async (t) => {
  const world = await started(t);
  await world.want(web('blog', 1));
  await world.until(() => world.host.isActive(WEB));
  t.match(world.host.did[0], /^pull 127.0.0.1:5555\/blog@sha256/);
  await world.pass(1000);
  t.equal(await world.upstream('blog', WEB), undefined, 'not before it is healthy');
  t.match(await world.state(WEB), { health: 'unknown', message: /connection refused/ });
  world.answers.set('172.30.0.2:5000', { kind: 'passed' });
  await world.until(async () => (await world.state(WEB))?.published !== undefined);
  t.equal(await world.upstream('blog', WEB), ADDRESS);
  t.match(await world.state(WEB), { health: 'healthy', address: ADDRESS, phase: 'running' });
});

void t.test(
  'one that turns unhealthy is withdrawn, and published again when it is well',
  async (t) => {
    const world = await serving(t);
    await world.registry.commit([], [put(keys.services, ['blog', 'other'], '1.2.3.4:1')], forever);
    world.answers.set('*', { kind: 'failed', reason: 'GET / answered 500', refused: false });
    await world.until(async () => (await world.upstream('blog', WEB)) === undefined, 8000);
    await world.until(async () => (await world.state(WEB))?.health === 'unhealthy');
    t.match(await world.state(WEB), { phase: 'running', message: /answered 500/ });
    world.answers.set('*', { kind: 'passed' });
    await world.until(async () => (await world.upstream('blog', WEB)) === ADDRESS);
    t.equal(world.host.did.filter((line) => line.startsWith('st')).length, 1, 'never restarted');
  },
);

void t.test('the last upstream of an app stays while it still accepts connections', async (t) => {
  const world = await serving(t);
  world.answers.set('*', { kind: 'failed', reason: 'GET / answered 500', refused: false });
  await world.pass(15_000);
  t.equal(await world.upstream('blog', WEB), ADDRESS);
  world.answers.clear();
  await world.until(async () => (await world.upstream('blog', WEB)) === undefined);
});

void t.test('a changed unit file is replaced after a stop', async (t) => {
  const world = await started(t);
  await world.want(foreign('a.service'));
  await world.until(() => world.host.isActive('a.service'));
  const options = [{ section: 'Service', name: 'ExecStart', value: '/bin/sleep 7' }];
  await world.want(foreign('a.service', { options }));
  await world.until(() => world.host.did.length === 5);
  t.strictSame(world.host.did.slice(2), ['stop a.service', 'install a.service', 'start a.service']);
  t.match(world.host.files.get('a.service'), /sleep 7/);
});

void t.test('a unit of an older decision waits for the scheduler', async (t) => {
  const world = await started(t);
  await world.want(foreign('a.service'), { revision: 1 });
  await world.until(async () => (await world.state('a.service'))?.message !== undefined);
  t.match(await world.state('a.service'), {
    phase: 'pending',
    message: /waiting for the scheduler/,
  });
  t.strictSame(world.host.did, []);
});

void t.test('a unit that fails leaves the others alone', async (t) => {
  const world = await started(t);
  await world.want(foreign('bad.service'), { revision: 1 });
  await world.want(foreign('good.service'));
  await world.until(() => world.host.isActive('good.service'));
});

void t.test(
  'a container that crashed is withdrawn, also if it is its last, and published anew',
  async (t) => {
    const world = await serving(t);
    world.host.crash(WEB);
    await world.until(async () => (await world.upstream('blog', WEB)) === undefined, 500);
    await world.until(async () => (await world.upstream('blog', WEB)) === ADDRESS);
    t.equal(world.host.did.at(-1), `start ${WEB}`);
  },
);
