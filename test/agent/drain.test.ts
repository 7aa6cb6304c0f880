// What is stopped is drained first: law 2, on a pretend host.

import t from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { put } from '../../src/registry/registry.ts';
import { ADDRESS, forever, serving, WEB } from './blog.ts';
import { web } from './world.ts';

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
