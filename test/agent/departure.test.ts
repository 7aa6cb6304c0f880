// A machine that is about to be shut down: its work moves first, and what stays is withdrawn before anything stops.

import t, { type Test } from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { put } from '../../src/registry/registry.ts';
import { ADDRESS, forever, serving, WEB } from './blog.ts';
import { MACHINE, type World } from './world.ts';

/** All that it says, and whether it has ended. */
function leaving(world: World): { told: string[]; over: () => boolean } {
  const told: string[] = [];
  let isOver = false;
  void (async () => {
    for await (const text of world.departure!.leave(forever)) told.push(text.trim());
    isOver = true;
  })();
  return { told, over: () => isOver };
}

async function another(world: World): Promise<void> {
  const mine = (await world.registry.get(keys.machines, [MACHINE], forever))!.value;
  const other = { ...mine, id: 'b'.repeat(32), name: 'm2' };
  await world.registry.commit(
    [],
    [
      put(keys.machines, [other.id], other),
      put(keys.alive, [other.id], { session: 's', since: '' }),
    ],
    forever,
  );
}

const isLeaving = async (world: World): Promise<boolean> =>
  (await world.registry.get(keys.machines, [MACHINE], forever))?.value.leaving === true;

const begin = async (t: Test): Promise<World> => {
  const world = await serving(t);
  await world.until(
    async () => (await world.registry.get(keys.machines, [MACHINE], forever)) !== undefined,
  );
  return world;
};

void t.test('what has moved is drained, and it may go', async (t) => {
  const world = await begin(t);
  await another(world);
  await world.router('r1');
  const { told, over } = leaving(world);
  await world.until(() => isLeaving(world));
  await world.pass(2000);
  t.notOk(over(), 'nobody has taken over yet');
  t.equal(await world.upstream('blog', WEB), ADDRESS, 'it serves on');
  await world.place(WEB, { want: 'stop', reason: 'moved' });
  await world.until(async () => (await world.state(WEB))?.drain !== undefined);
  t.notOk(over(), 'the router has not confirmed');
  await world.router('r1', { endpoints: (await world.revision()) + 10 });
  await world.until(over);
  t.same(told, [`moving: ${WEB}`, 'nothing is routed to this machine any more']);
});

void t.test('alone: withdrawn, not stopped, and not published again', async (t) => {
  const world = await begin(t);
  await world.router('r1');
  const { told, over } = leaving(world);
  await world.until(async () => (await world.upstream('blog', WEB)) === undefined);
  t.notOk(over());
  await world.router('r1', { endpoints: (await world.revision()) + 10 });
  await world.until(over);
  await world.pass(3000);
  t.ok(world.host.isActive(WEB), 'systemd stops it');
  t.equal(await world.upstream('blog', WEB), undefined);
  t.equal(told[0], 'no other machine is there to take over');
  world.departure!.stay();
  await world.until(async () => (await world.upstream('blog', WEB)) === ADDRESS);
  t.notOk(await isLeaving(world));
});

void t.test('what nobody takes is given up in the end', async (t) => {
  const world = await begin(t);
  await another(world);
  const { told, over } = leaving(world);
  await world.until(over, 60_000);
  t.equal(told[1], `given up moving: ${WEB}`);
  t.ok(world.host.isActive(WEB));
});

void t.test('without the store it goes at once', async (t) => {
  const world = await begin(t);
  world.store.sever();
  await world.pass(30_000);
  const { over } = leaving(world);
  await world.until(over, 1000);
});
