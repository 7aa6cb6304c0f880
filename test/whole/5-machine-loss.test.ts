// A machine loses its power: its work runs elsewhere, requests go on, and nothing runs twice when it is back.
// The short form takes the machine that hurts most, with etcd's leader; DEIS_EVERY_MACHINE: each in turn.

import t from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { startLoad } from './load.ts';
import { boundHere } from './pace.ts';
import { appUnits, deployHello, eventually, platform } from './platform.ts';
import { etcdLeader, openStore } from './store.ts';

const on = await platform();
await deployHello(on, 'hello', { web: 3, worker: 1 });
const { registry } = await openStore(on);
const victims = process.env['DEIS_EVERY_MACHINE']
  ? on.context.machines.map(({ name }) => name)
  : [await etcdLeader(on)];

/** Seconds from the loss until all is placed elsewhere; a container's start comes on top of it. */
const PLACED_WITHIN = 15;
/** Three starts at once on a box that is busy, s. */
const START_WITHIN = 10;

/** How many web containers are ordered to run on other machines, and how many are active there. */
async function elsewhere(victim: string): Promise<{ placed: number; active: number }> {
  const victimId = on.context.machines.find(({ name }) => name === victim)!.id;
  const [placements, states] = await Promise.all([
    registry.list(keys.placements, [], on.signal),
    registry.list(keys.states, [], on.signal),
  ]);
  const isWeb = ([machine = '', unit = '']: string[]): boolean =>
    machine !== victimId && /^hello_v\d+\.web\./.test(unit);
  return {
    placed: placements.items.filter(({ ids, value }) => isWeb(ids) && value.want === 'run').length,
    active: states.items.filter(({ ids, value }) => isWeb(ids) && value.active === 'active').length,
  };
}

for (const victim of victims) {
  t.test(`${victim} dies and comes back`, { timeout: 420_000 }, async (t) => {
    await on.mustDeisctl('rebalance', '--timeout=120');
    const status = await on.mustDeisctl('status');
    t.comment(
      `${/led by \S+/.exec(status)?.[0]}; etcd led by ${await etcdLeader(on)}; ${victim} dies`,
    );
    const requests = startLoad({
      host: '127.0.0.1',
      port: on.context.doors.http,
      site: `hello.${on.context.domain}`,
      rate: 50,
      timeout: 5000,
    });
    await on.kill(victim);
    const died = requests.elapsed();
    const since = (): number => (requests.elapsed() - died) / 1000;
    await eventually('three placed elsewhere', 60, async () => {
      return (await elsewhere(victim)).placed === 3;
    });
    const placed = since();
    await eventually('three active elsewhere', 60, async () => {
      return (await elsewhere(victim)).active === 3;
    });
    const took = since();
    const late = requests.failuresSince(died + 3000);
    t.same(late, [], 'no request failed after the first 3 s');
    const soon = await boundHere(placed, PLACED_WITHIN);
    t.ok(placed <= soon, `three placed elsewhere after ${placed.toFixed(1)} s`);
    const started = await boundHere(took - placed, START_WITHIN);
    t.ok(took - placed <= started, `three active elsewhere after ${took.toFixed(1)} s`);
    await on.boot(victim);
    await eventually(`${victim} is ready again`, 90, async () => {
      const machines = JSON.parse(await on.mustDeisctl('machines', '--json')) as {
        name: string;
        state: string;
      }[];
      return machines.every(({ state }) => state === 'ready');
    });
    await eventually('nothing runs twice', 60, async () => {
      const units = await appUnits(on, 'hello');
      const active = units.filter((unit) => unit.active === 'active').map(({ unit }) => unit);
      return active.length === 4 && new Set(active).size === 4;
    });
    await on.mustDeisctl('rebalance', '--timeout=120');
    const web = await eventually('spread evenly', 90, async () => {
      const units = (await appUnits(on, 'hello')).filter(
        ({ unit, active }) => unit.includes('.web.') && active === 'active',
      );
      return units.length === 3 && new Set(units.map(({ machine }) => machine)).size === 3 && units;
    });
    t.equal(web.length, 3);
    const report = await requests.stop();
    t.same(
      report.failures.filter(({ at }) => at >= died + 3000),
      [],
      `${report.answered} requests answered`,
    );
  });
}
