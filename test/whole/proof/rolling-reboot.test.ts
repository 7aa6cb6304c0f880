// All machines rebooted one after the other under load: no failed request, never two containers of an app down by it, and a reboot
// that would hurt is refused.

import t from 'tap';
import { keys } from '../../../src/registry/keys.ts';
import { isServing } from '../../../src/model/unit.ts';
import { deployLive } from '../live-app.ts';
import { startLoad } from '../load.ts';
import { eventually, platform } from '../platform.ts';
import { openStore } from '../store.ts';

const on = await platform();
const { registry } = await openStore(on);
const SITES: Record<string, number> = { lonely: 1, crowd: 3 };

t.teardown(async () => {
  for (const app of Object.keys(SITES)) await on.deis('apps:destroy', '-a', app, '--confirm', app);
});

const boots = async (): Promise<Map<string, string>> => {
  const { items } = await registry.list(keys.machines, [], on.signal);
  return new Map(items.map(({ value }) => [value.name, value.bootId]));
};

/** Healthy published containers of an app, now. */
async function serving(app: string): Promise<number> {
  const [states, alive] = await Promise.all([
    registry.list(keys.states, [], on.signal),
    registry.list(keys.alive, [], on.signal),
  ]);
  const living = new Set(alive.items.map(({ ids }) => ids[0]));
  return states.items.filter(
    ({ ids, value }) => ids[1]!.startsWith(`${app}_v`) && living.has(ids[0]) && isServing(value),
  ).length;
}

t.test('all of them, under load', { timeout: 1_100_000 }, async (t) => {
  await deployLive(on, { lonely: { web: 1 }, crowd: { web: 3 } });
  const before = await boots();
  const loads = Object.keys(SITES).map((app) =>
    startLoad({
      host: '127.0.0.1',
      port: on.context.doors.http,
      site: `${app}.${on.context.domain}`,
      rate: 50,
    }),
  );
  const fewest: Record<string, number> = { ...SITES };
  let over = false;
  const watching = (async () => {
    while (!over) {
      for (const app of Object.keys(SITES)) {
        // The store chooses another leader now and then, when the one it had reboots.
        const count = await serving(app).catch(() => undefined);
        if (count !== undefined) fewest[app] = Math.min(fewest[app]!, count);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  const began = performance.now();
  // Longer than one command may usually take here.
  for (const { name } of on.context.machines) {
    const told = await on.mustDeisctl('reboot', name);
    t.match(told, new RegExp(`${name}: is back and well`));
    t.comment(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  over = true;
  await watching;
  for (const [name, bootId] of await boots()) t.not(bootId, before.get(name), `${name} rebooted`);
  for (const load of loads) {
    const { failures, answered } = await load.stop();
    t.same(failures.slice(0, 10), [], `0 failed of ${answered}`);
  }
  t.ok(fewest['lonely']! >= 1, `lonely: never fewer than ${fewest['lonely']} of 1`);
  t.ok(fewest['crowd']! >= 2, `crowd: never fewer than ${fewest['crowd']} of 3`);
});

t.test(
  'a reboot that would hurt is refused, and all is as it was',
  { timeout: 300_000 },
  async (t) => {
    const [one, two] = on.context.machines;
    const member = await on.exec(two!.name, 'systemctl stop etcd');
    t.equal(member.code, 0);
    const refused = await on.deisctl('reboot', one!.name);
    t.not(refused.code, 0);
    t.match(refused.stderr, /without it 1 of the store's 3 members would answer, 2 are needed/);
    await on.sh(two!.name, 'systemctl start etcd');
    const rows = await eventually('nobody leaves', 60, async () => {
      const list = JSON.parse(await on.mustDeisctl('machines', '--json')) as { state: string }[];
      return list.every(({ state }) => state === 'ready') && list;
    });
    t.equal(rows.length, on.context.machines.length);
    t.equal(await registry.get(keys.reboots, ['turn'], on.signal), undefined);
  },
);

t.test('the system asks at the same door', { timeout: 300_000 }, async (t) => {
  const [one, two] = on.context.machines;
  const ask = (machine: string, path: string) =>
    on.sh(
      machine,
      `curl -s -o /dev/null -w '%{http_code}' -X POST -H 'fleet-lock-protocol: true' -d '{"client_params":{"id":"x","group":"default"}}' http://127.0.0.1:7601/v1/${path}`,
    );
  t.equal((await ask(one!.name, 'pre-reboot')).trim(), '200');
  t.equal((await ask(two!.name, 'pre-reboot')).trim(), '409', 'one at a time');
  t.equal((await ask(one!.name, 'steady-state')).trim(), '200');
  t.equal((await ask(two!.name, 'pre-reboot')).trim(), '200');
  t.equal((await ask(two!.name, 'steady-state')).trim(), '200');
});
