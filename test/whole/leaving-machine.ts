// A machine that is drained, and one that is rebooted with `systemctl reboot`: users notice neither, also of an app with one container.

import t from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { deployLive } from './live-app.ts';
import { startLoad } from './load.ts';
import { eventually, platform } from './platform.ts';
import { openStore } from './store.ts';

const on = await platform();
const { registry } = await openStore(on);
const SITES = ['lonely', 'crowd'];

await deployLive(on, { lonely: { web: 1 }, crowd: { web: 3 } });
t.teardown(async () => {
  for (const app of SITES) await on.deis('apps:destroy', '-a', app, '--confirm', app);
});

/** Name of the machine that runs the only container. */
async function home(): Promise<string> {
  const { items } = await registry.list(keys.states, [], on.signal);
  const found = items.find(({ ids, value }) => ids[1]!.startsWith('lonely_v') && value.published);
  return on.context.machines.find(({ id }) => id === found?.ids[0])!.name;
}

/** Through the doors of this box, as behind a load balancer. */
const users = () =>
  SITES.map((app) =>
    startLoad({
      host: '127.0.0.1',
      port: on.context.doors.http,
      site: `${app}.${on.context.domain}`,
      rate: 50,
    }),
  );

t.test('a drained machine', { timeout: 300_000 }, async (t) => {
  const victim = await home();
  const loads = users();
  t.comment(await on.mustDeisctl('drain', victim));
  t.not(await home(), victim);
  for (const load of loads) {
    const { failures, answered } = await load.stop();
    t.same(failures.slice(0, 10), [], `0 failed of ${answered}`);
  }
  await on.mustDeisctl('uncordon', victim);
});

t.test('a machine that is rebooted', { timeout: 400_000 }, async (t) => {
  const victim = await home();
  const { id } = on.context.machines.find(({ name }) => name === victim)!;
  const before = (await registry.get(keys.machines, [id], on.signal))!.value.bootId;
  const loads = users();
  const ordered = performance.now();
  await on.exec(victim, 'systemctl reboot --no-block || true');
  await eventually('it says that it leaves', 60, async () => {
    return (await registry.get(keys.machines, [id], on.signal))?.value.leaving === true;
  });
  await eventually('the only container runs elsewhere', 120, async () => (await home()) !== victim);
  t.comment(`moved after ${((performance.now() - ordered) / 1000).toFixed(1)} s`);
  await eventually('it is back and stays', 300, async () => {
    const now = await registry.get(keys.machines, [id], on.signal);
    const alive = await registry.get(keys.alive, [id], on.signal);
    return alive && now!.value.bootId !== before && now!.value.leaving === undefined;
  });
  t.comment(`back after ${((performance.now() - ordered) / 1000).toFixed(1)} s`);
  for (const load of loads) {
    const { failures, answered } = await load.stop();
    t.same(failures.slice(0, 10), [], `0 failed of ${answered}`);
  }
});
