// A machine loses its power: its work runs elsewhere, requests go on, and nothing runs twice when it is back.

import t from 'tap';
import { startLoad } from './load.ts';
import { appUnits, deployHello, eventually, platform } from './platform.ts';

const on = await platform();
await deployHello(on, 'hello', { web: 3, worker: 1 });
const victims = process.env['DEIS_EVERY_MACHINE']
  ? on.context.machines
  : on.context.machines.slice(0, 1);

for (const victim of victims) {
  t.test(`${victim.name} dies and comes back`, { timeout: 420_000 }, async (t) => {
    await on.mustDeisctl('rebalance');
    const requests = startLoad({
      host: '127.0.0.1',
      port: on.context.doors.http,
      site: `hello.${on.context.domain}`,
      rate: 50,
      timeout: 5000,
    });
    await on.kill(victim.name);
    const died = requests.elapsed();
    await eventually('three containers elsewhere', 30, async () => {
      const units = await appUnits(on, 'hello');
      const web = units.filter(
        ({ unit, active, machine }) =>
          unit.includes('.web.') && active === 'active' && machine !== victim.name,
      );
      return web.length === 3;
    });
    const took = (requests.elapsed() - died) / 1000;
    t.ok(took <= 20, `three active elsewhere after ${took.toFixed(1)} s`);
    const late = requests.failuresSince(died + 3000);
    t.same(late, [], 'no request failed after the first 3 s');
    await on.boot(victim.name);
    await eventually(`${victim.name} is ready again`, 90, async () => {
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
    await on.mustDeisctl('rebalance');
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
