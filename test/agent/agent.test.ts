// The agent from order to report, on a pretend host.

import t, { type Test } from 'tap';
import { memoryStore } from '../../src/adapters/memory-store.ts';
import { keys } from '../../src/registry/keys.ts';
import { put } from '../../src/registry/registry.ts';
import { foreign, IP, MACHINE, web, World } from './world.ts';

const forever = new AbortController().signal;
const CONFIG = {
  uuid: 'c1',
  app: 'blog',
  owner: 'ann',
  values: '{"COLOUR":"red"}',
  memory: {},
  cpu: {},
  tags: {},
  created: '',
  updated: '',
};
const WEB = 'blog_v3.web.1.service';
const ADDRESS = `${IP}:20000`;

async function started(t: Test): Promise<World> {
  const world = new World();
  t.teardown(() => world.close());
  await world.registry.commit([], [put(keys.configs, ['blog', 'c1'], CONFIG)], forever);
  await world.start();
  return world;
}

/** A world in which blog's web.1 serves. */
async function serving(t: Test): Promise<World> {
  const world = await started(t);
  world.answers.set('*', { kind: 'passed' });
  await world.want(web('blog', 1));
  await world.until(async () => (await world.state(WEB))?.published !== undefined);
  return world;
}

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

void t.test('a stop withdraws, waits for every router, then stops', async (t) => {
  const world = await serving(t);
  await world.router('r1');
  await world.router('r2');
  await world.place(WEB, { want: 'stop', reason: 'moved' });
  await world.until(async () => (await world.upstream('blog', WEB)) === undefined);
  const withdrawn = await world.revision();
  await world.until(async () => (await world.state(WEB))?.drain?.waitingFor.length === 2);
  t.match(await world.state(WEB), { phase: 'draining', drain: { waitingFor: ['r1', 'r2'] } });
  await world.router('r1', { endpoints: withdrawn + 10 });
  await world.router('r2', { endpoints: withdrawn + 10, busy: { [ADDRESS]: 2 } });
  await world.pass(3000);
  t.ok(world.host.isActive(WEB), 'r2 still has requests running');
  await world.router('r2', { endpoints: withdrawn + 10 });
  await world.until(async () => (await world.state(WEB))?.phase === 'stopped');
  t.equal(world.host.did.at(-1), `stop ${WEB}`);
});

void t.test('a drain is cut short at its deadline, and says so', async (t) => {
  const world = await serving(t);
  await world.router('r1');
  await world.place(WEB, { want: 'stop' });
  await world.pass(25_000);
  t.ok(world.host.isActive(WEB));
  await world.until(() => !world.host.isActive(WEB), 10_000);
  t.ok(world.log.has('cut a drain short'));
});

void t.test('a router whose heartbeat has ended is not waited for', async (t) => {
  const world = await serving(t);
  await world.router('r1');
  await world.place(WEB, { want: 'stop' });
  await world.until(async () => (await world.state(WEB))?.drain !== undefined);
  await world.store.commit(
    { conditions: [], writes: [{ kind: 'delete', key: keys.routerAlive.key('r1') }] },
    forever,
  );
  await world.until(() => !world.host.isActive(WEB), 6000);
});

void t.test('while the store is away a drain does not run out', async (t) => {
  const world = await serving(t);
  await world.router('r1');
  await world.place(WEB, { want: 'stop' });
  await world.until(async () => (await world.state(WEB))?.drain !== undefined);
  world.store.sever();
  await world.pass(60_000);
  t.ok(world.host.isActive(WEB));
  world.store.heal();
  await world.until(() => !world.host.isActive(WEB), 40_000);
});

void t.test('a replaced unit waits for routers at the revision of the take-over', async (t) => {
  const world = await serving(t);
  await world.router('r1');
  await world.place(WEB, { retiring: true });
  await world.registry.commit([], [put(keys.services, ['blog', WEB], '10.77.0.12:20000')], forever);
  const takenOver = await world.revision();
  await world.router('r1', { endpoints: takenOver });
  await world.place(WEB, { want: 'gone' });
  await world.until(async () => (await world.state(WEB))?.phase === 'gone');
  t.equal(await world.upstream('blog', WEB), '10.77.0.12:20000', 'never overwritten nor deleted');
  await world.unplace(WEB);
  await world.until(async () => (await world.state(WEB)) === undefined);
});

void t.test('a restart that was asked drains, stops and starts', async (t) => {
  const world = await serving(t);
  world.host.did.length = 0;
  await world.want(web('blog', 1, { restarts: 1 }));
  await world.until(async () => (await world.state(WEB))?.restarts === 1);
  await world.until(async () => (await world.upstream('blog', WEB)) === ADDRESS);
  t.strictSame(world.host.did, [`stop ${WEB}`, `start ${WEB}`]);
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

void t.test('a missing placement stops nothing', async (t) => {
  const world = await serving(t);
  world.host.did.length = 0;
  await world.store.commit(
    { conditions: [], writes: [{ kind: 'delete-prefix', prefix: '/deis/cluster/placements/' }] },
    forever,
  );
  await world.until(async () => (await world.state(WEB))?.phase === 'orphan');
  await world.pass(10_000);
  t.strictSame(world.host.did, []);
  t.equal(await world.upstream('blog', WEB), ADDRESS);
});

void t.test('with everything deleted, upstreams and states come back', async (t) => {
  const world = await serving(t);
  world.host.did.length = 0;
  await world.store.commit(
    { conditions: [], writes: [{ kind: 'delete-prefix', prefix: '/deis/' }] },
    forever,
  );
  await world.until(async () => (await world.upstream('blog', WEB)) === ADDRESS);
  await world.until(async () => (await world.state(WEB))?.phase === 'orphan');
  t.strictSame(world.host.did, []);
});

void t.test('another store in place of ours is reported to, not obeyed', async (t) => {
  const world = await serving(t);
  await world.pass(31_000);
  await world.endDaemon();
  world.host.did.length = 0;
  world.store = memoryStore({ clock: world.clock, clusterId: '2' });
  await world.start();
  await world.until(async () => {
    const record = await world.registry.get(keys.machines, [MACHINE], forever);
    return record?.value.storeProblem !== undefined;
  });
  await world.place(WEB, { want: 'gone' });
  await world.pass(10_000);
  t.strictSame(world.host.did, []);
  t.equal(await world.upstream('blog', WEB), undefined, 'nothing is published to it');
  t.equal((await world.state(WEB))?.phase, 'running', 'but it may see what runs');
});

void t.test('a restart of the daemon touches nothing and writes nothing', async (t) => {
  const world = await serving(t);
  await world.pass(1000);
  await world.endDaemon();
  world.host.did.length = 0;
  const before = await world.revision();
  await world.start();
  await world.pass(8000);
  t.strictSame(world.host.did, []);
  t.equal(await world.revision(), before + 2, 'only its heartbeat key is made anew');
  t.equal((await world.state(WEB))?.health, 'healthy');
});

void t.test('a restart of the daemon while the store is away touches nothing', async (t) => {
  const world = await serving(t);
  world.store.sever();
  await world.endDaemon();
  world.host.did.length = 0;
  await world.start();
  await world.pass(60_000);
  t.strictSame(world.host.did, []);
  world.store.heal();
  await world.pass(5000);
  t.strictSame(world.host.did, []);
  t.equal(await world.upstream('blog', WEB), ADDRESS);
});

void t.test('a day without the store: nothing stops, what ended is started again', async (t) => {
  const world = await serving(t);
  world.host.did.length = 0;
  world.store.sever();
  await world.pass(30_000);
  t.strictSame(world.host.did, []);
  world.host.crash(WEB);
  await world.until(() => world.host.isActive(WEB));
  t.strictSame(world.host.did, [`start ${WEB}`]);
});

void t.test('after a boot without the store the last known orders are carried out', async (t) => {
  const world = await serving(t);
  await world.pass(500);
  await world.endDaemon();
  world.host.reboot();
  world.bootId = 'boot-2';
  world.store.sever();
  await world.start();
  await world.pass(25_000);
  t.strictSame(world.host.did, [], 'it waits for the store first');
  await world.until(() => world.host.isActive(WEB), 10_000);
  t.strictSame(world.host.did, [`install ${WEB}`, `start ${WEB}`]);
});

void t.test('a lost session stops nothing; a new one tells everything anew', async (t) => {
  const world = await serving(t);
  world.host.did.length = 0;
  await world.store.commit(
    { conditions: [], writes: [{ kind: 'delete', key: keys.alive.key(MACHINE) }] },
    forever,
  );
  await world.store.commit(
    { conditions: [], writes: [{ kind: 'delete-prefix', prefix: '/deis/cluster/states/' }] },
    forever,
  );
  await world.until(async () => (await world.state(WEB))?.phase === 'running');
  t.strictSame(world.host.did, []);
});

void t.test('a unit that fails leaves the others alone', async (t) => {
  const world = await started(t);
  await world.want(foreign('bad.service'), { revision: 1 });
  await world.want(foreign('good.service'));
  await world.until(() => world.host.isActive('good.service'));
});

void t.test('an exclusive unit is stopped when its lock is lost', async (t) => {
  const world = await started(t);
  const options = [
    { section: 'Service', name: 'ExecStart', value: '/bin/sleep 1' },
    { section: 'Service', name: 'TimeoutStopSec', value: '10' },
    { section: 'X-Deis', name: 'OnDisconnect', value: 'stop' },
  ];
  await world.want(foreign('one.service', { options }));
  await world.until(() => world.host.isActive('one.service'));
  await world.endDaemon();
  await world.start();
  await world.pass(20_000);
  t.strictSame(world.host.did.length, 2, 'a restart of the daemon takes the lock up again');
  const lock = await world.registry.get(keys.locks, ['units/one.service'], forever);
  t.equal(lock?.value, MACHINE);
  world.store.sever();
  await world.pass(10_000);
  t.ok(world.host.isActive('one.service'), 'not at the first hiccup');
  await world.until(() => !world.host.isActive('one.service'), 6000);
  const holder = await world.store.connect().get(keys.locks.key('units/one.service'), forever);
  t.ok(holder, 'it is down before the lock can pass');
});

void t.test('a store that went back is obeyed again only when an operator says so', async (t) => {
  const world = await serving(t);
  await world.pass(31_000);
  await world.endDaemon();
  world.store = memoryStore({ clock: world.clock });
  await world.start();
  const problem = async (): Promise<string | undefined> =>
    (await world.registry.get(keys.machines, [MACHINE], forever))?.value.storeProblem;
  await world.until(async () => (await problem()) !== undefined);
  for (let n = 0; n < 60; n += 1) {
    await world.registry.commit([], [put(keys.routerHosts, ['r'], String(n))], forever);
  }
  await world.pass(10_000);
  t.match(await problem(), /went back behind revision/, 'also when its revision has grown again');
  await world.acceptStore();
  await world.until(async () => (await problem()) === undefined);
  await world.until(async () => (await world.upstream('blog', WEB)) === ADDRESS);
});
