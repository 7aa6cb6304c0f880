// The daemon killed, restarted, and the machine booted: nothing is touched that runs, on a pretend host.

import t from 'tap';
import { ADDRESS, serving, WEB } from './blog.ts';

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
  await world.endDaemon();
  await world.start();
  world.host.crash(WEB);
  await world.until(() => world.host.isActive(WEB), 5000);
  t.equal(world.host.did.length, 3, 'a restart of the daemon in the same boot does not wait again');
});

void t.test(
  'a container that outgrew its limit says so, though the Engine told nobody',
  async (t) => {
    const world = await serving(t);
    world.host.outgrow(WEB);
    await world.until(async () => (await world.state(WEB))?.outOfMemory === true, 5000);
    const why = /out of memory: it reached its limit/;
    t.match(await world.state(WEB), { exitCode: 137, message: why });
    world.host.revive(WEB);
    await world.until(async () => (await world.state(WEB))?.active === 'active', 5000);
    await world.until(async () => (await world.state(WEB))?.crashes === 1, 5000);
    const known = { lastEnd: { exitCode: 137, outOfMemory: true } };
    t.match(await world.state(WEB), known, 'how it ended is known when it runs again');
  },
);
