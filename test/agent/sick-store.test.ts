// The store away, emptied, replaced or gone back: nothing stops, on a pretend host.

import t from 'tap';
import { memoryStore } from '../../src/adapters/memory-store.ts';
import { keys } from '../../src/registry/keys.ts';
import { put } from '../../src/registry/registry.ts';
import { ADDRESS, forever, serving, started, WEB } from './blog.ts';
import { foreign, MACHINE } from './world.ts';

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
