// Reboots at bad moments: while a machine is down, while the one whose turn it is died, while an app with one container is deployed.
// None of them takes a container away that has no other one in its place, and whoever has to wait is told why.

import t from 'tap';
import { keys } from '../../../src/registry/keys.ts';
import { isServing } from '../../../src/model/unit.ts';
import { deployLive } from '../live-app.ts';
import { startLoad } from '../load.ts';
import { eventually, platform } from '../platform.ts';
import { openStore } from '../store.ts';

const on = await platform();
const { registry } = await openStore(on);
const [one, two, three] = on.context.machines;
if (!one || !two || !three) throw new Error('three machines are needed');

t.teardown(async () => {
  await on.deis('apps:destroy', '-a', 'single', '--confirm', 'single');
});

const allReady = () =>
  eventually('all machines are ready', 120, async () => {
    const rows = JSON.parse(await on.mustDeisctl('machines', '--json')) as { state: string }[];
    return rows.every(({ state }) => state === 'ready');
  });
const turn = async (): Promise<string | undefined> =>
  (await registry.get(keys.reboots, ['turn'], on.signal))?.value.name;

/** Healthy containers of the app on machines that live. */
async function serving(): Promise<number> {
  const [states, alive] = await Promise.all([
    registry.list(keys.states, [], on.signal),
    registry.list(keys.alive, [], on.signal),
  ]);
  const living = new Set(alive.items.map(({ ids }) => ids[0]));
  return states.items.filter(
    ({ ids, value }) => ids[1]!.startsWith('single_v') && living.has(ids[0]) && isServing(value),
  ).length;
}

async function homeOf(): Promise<string> {
  const rows = JSON.parse(await on.mustDeisctl('list', '--all', '--json')) as {
    unit: string;
    ip: string;
  }[];
  const ip = rows.find(({ unit }) => unit.startsWith('single_v'))?.ip;
  return on.context.machines.find((machine) => machine.ip === ip)!.name;
}

t.test('a deployment runs', { timeout: 500_000 }, async (t) => {
  await deployLive(on, { single: { web: 1 } });
  const load = startLoad({
    host: '127.0.0.1',
    port: on.context.doors.http,
    site: `single.${on.context.domain}`,
    rate: 50,
  });
  let [fewest, over] = [1, false];
  const watching = (async () => {
    while (!over) {
      const count = await serving().catch(() => undefined);
      if (count !== undefined) fewest = Math.min(fewest, count);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  const [reboot, ...changes] = await Promise.all([
    on.deisctl('reboot', await homeOf()),
    on.deis('config:set', 'ROUND=1', '-a', 'single'),
  ]);
  over = true;
  await watching;
  t.equal(reboot.code, 0, reboot.stderr);
  for (const change of changes) t.equal(change.code, 0, change.stderr);
  t.ok(fewest >= 1, `never fewer than ${fewest} of 1`);
  const { failures, answered } = await load.stop();
  t.same(failures.slice(0, 10), [], `0 failed of ${answered}`);
  await allReady();
});

t.test('a machine is down', { timeout: 300_000 }, async (t) => {
  await on.kill(three.name);
  try {
    await eventually('it is lost', 60, async () => {
      return (await on.mustDeisctl('machines')).includes(' lost');
    });
    const home = await homeOf();
    const whole = await on.deisctl('reboot', '--all');
    t.equal(whole.code, 1);
    t.match(whole.stderr, /without it 1 of the store's 3 members would answer, 2 are needed/);
    t.equal(await homeOf(), home, 'nothing has moved for it');
    const dead = await on.deisctl('reboot', three.name);
    t.equal(dead.code, 1);
    t.match(dead.stderr, new RegExp(`${three.name} is silent`));
    t.equal(await turn(), undefined);
  } finally {
    await on.boot(three.name);
  }
  await allReady();
});

t.test('the one whose turn it is has died', { timeout: 500_000 }, async (t) => {
  const first = on.deisctl('reboot', two.name, '--timeout=200');
  await eventually('it goes down', 120, async () => {
    const alive = await registry.get(keys.alive, [await idOf(two.name)], on.signal);
    return alive === undefined && (await turn()) === two.name;
  });
  await on.kill(two.name);
  const waiting = on.deisctl('reboot', one.name);
  const early = await Promise.race([
    waiting,
    new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 20_000)),
  ]);
  t.equal(early, undefined, 'it waits');
  t.equal(await turn(), two.name);
  await on.boot(two.name);
  const [a, b] = await Promise.all([first, waiting]);
  t.equal(a.code, 0, a.stderr);
  t.equal(b.code, 0, b.stderr);
  t.match(b.stdout, new RegExp(`waiting: ${two.name} has the turn since`));
  t.equal(await turn(), undefined);
  await allReady();
});

async function idOf(name: string): Promise<string> {
  const { items } = await registry.list(keys.machines, [], on.signal);
  return items.find(({ value }) => value.name === name)!.value.id;
}
