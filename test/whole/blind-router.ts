// A router that cannot read the store serves what it knew, also while what it knew ends: never one app under the other's name. And a
// router with a frozen worker claims nothing that this worker does not do.

import t, { type Test } from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { type Report, startLoad } from './load.ts';
import { deployHello, eventually, platform } from './platform.ts';
import { activeUnits, openStore } from './store.ts';

const on = await platform();
const store = await openStore(on);
const { registry } = store;
const SECONDS = Number(process.env['DEIS_BLIND_SECONDS'] ?? 20);
const APPS = ['red', 'blue'];
const { name: machine, id, ip } = on.context.machines[0]!;

t.before(async () => {
  for (const app of APPS) {
    await deployHello(on, app, { web: 2 });
    await on.mustDeis('config:set', `GREETING=${app}`, '-a', app);
  }
});
t.teardown(async () => {
  for (const app of APPS) await on.deis('apps:destroy', '-a', app, '--confirm', app);
});

/** The control group of the router's container, as iptables names it. */
async function routerGroup(): Promise<string> {
  const container = await on.sh(machine, "docker ps -q --no-trunc --filter 'name=deis-router'");
  return `system.slice/docker-${container}.scope`;
}

/** Requests to one app at this machine's router alone. */
const askRouter = (app: string, rate: number) =>
  startLoad({ host: ip, port: 80, site: `${app}.${on.context.domain}`, rate, timeout: 60_000 });

function servesOnly(t: Test, app: string, { bodies, answered }: Report): void {
  const strange = [...bodies.keys()].filter((body) => !body.startsWith(`${app} from `));
  t.same(strange, [], `${answered} answers under the name ${app} were its own`);
  t.ok(answered > 0);
}

const isRegistered = async (): Promise<boolean> =>
  (await registry.get(keys.routerAlive, [id], on.signal)) !== undefined;

t.test(
  `blind for ${SECONDS} s while two apps are redeployed`,
  { timeout: (SECONDS + 180) * 1000 },
  async (t) => {
    const rule = `OUTPUT -p tcp --dport 2379 -m cgroup --path ${await routerGroup()} -j DROP`;
    const loads = APPS.map((app) => askRouter(app, 20));
    await on.sh(machine, `iptables -I ${rule}`);
    const began = performance.now();
    let rounds = 0;
    try {
      await eventually('its heartbeat ended', 30, async () => !(await isRegistered()));
      do {
        rounds += 1;
        for (const app of APPS) await on.mustDeis('config:set', `ROUND=${rounds}`, '-a', app);
      } while (performance.now() - began < SECONDS * 1000);
      t.notOk(await isRegistered(), 'it was blind to the end');
    } finally {
      await on.sh(machine, `iptables -D ${rule}`);
    }
    t.comment(`each app was redeployed ${rounds} times`);
    for (const [index, app] of APPS.entries()) servesOnly(t, app, await loads[index]!.stop());
    await eventually('it sees again', 30, isRegistered);
    const last = `release v${rounds + 3}\n`;
    for (const app of APPS) {
      const host = `${app}.${on.context.domain}`;
      await eventually(`${app} as it is now`, 10, async () => {
        const { stdout } = await on.exec(machine, `curl -s -H 'Host: ${host}' http://${ip}/`);
        return `${stdout}\n`.endsWith(last);
      });
      const load = askRouter(app, 20);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const report = await load.stop();
      t.same(report.failures, [], `${app} is served again`);
      servesOnly(t, app, report);
    }
  },
);

t.test('a frozen worker of nginx: nothing is claimed that it does not do', async (t) => {
  const [app] = APPS as [string];
  const pids = await on.sh(machine, "pgrep -f 'nginx: worker process'");
  const worker = pids.split('\n')[0]!;
  // Some requests are with the frozen worker when it freezes, others come to it while it is frozen.
  const slow = startLoad({
    host: ip,
    port: 80,
    site: `${app}.${on.context.domain}`,
    path: '/slow?ms=3000',
    rate: 4,
    timeout: 60_000,
  });
  const quick = askRouter(app, 20);
  const upstreams = async (): Promise<string[]> => {
    const { items } = await registry.list(keys.services, [app], on.signal);
    return items.map(({ value }) => value);
  };
  const old = await upstreams();
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await on.sh(machine, `kill -STOP ${worker}`);
  let change: Promise<string>;
  try {
    change = on.mustDeis('config:set', 'FROZEN=yes', '-a', app);
    await eventually('the old containers are withdrawn', 60, async () => {
      const now = await upstreams();
      return old.every((address) => !now.includes(address));
    });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const applied = (await registry.get(keys.routerApplied, [id], on.signal))!.value;
    const busy = old.reduce((sum, address) => sum + (applied.busy[address] ?? 0), 0);
    t.ok(busy > 0, `${busy} requests run on withdrawn containers, says the router`);
    const units = await activeUnits(store, `${app}_v`, on.signal);
    t.equal(units.length, 4, 'so the old containers run on beside the new ones');
  } finally {
    await on.sh(machine, `kill -CONT ${worker}`);
  }
  await change;
  const [slept, answered] = await Promise.all([slow.stop(), quick.stop()]);
  t.same(slept.failures, [], `${slept.answered} slow requests, none cut off`);
  t.same(
    answered.failures,
    [],
    `${answered.answered} requests, none sent to a container that ended`,
  );
  servesOnly(t, app, answered);
});
