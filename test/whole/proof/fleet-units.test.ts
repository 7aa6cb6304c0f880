// fleetctl's way to the machines: two hundred units come, restart and go, a few bad ones among them; every kind of unit runs; all
// [X-Fleet] options hold.

import { createHash } from 'node:crypto';
import t from 'tap';
import { readUnits } from '../../../src/cli/views/read.ts';
import { keys } from '../../../src/registry/keys.ts';
import { cluster } from '../cluster.ts';
import { fleetOn, options } from '../fleet-client.ts';
import { timed } from '../pace.ts';
import { eventually } from '../platform.ts';
import { openStore } from '../store.ts';

const on = await cluster();
const { registry } = await openStore(on);
const names = on.context.machines.map(({ name }) => name);
const { client, ask } = await fleetOn(on, names[0]!);
const SLEEP = 'Service/ExecStart=/bin/sleep infinity';

const COUNT = 200;
const BAD: Record<string, string[]> = {
  'fl-unreadable.service': ['Unit/Description=it has no ExecStart'],
  'fl-missing.service': ['Service/ExecStart=/nowhere/at/all'],
  'fl-failing.service': ['Service/ExecStart=/bin/false'],
  'fl-stubborn.service': [
    'Service/ExecStart=/bin/sh -c "trap : TERM; while :; do sleep 1; done"',
    'Service/TimeoutStopSec=8',
  ],
  // The host's own: it must not be taken over.
  'docker.service': [SLEEP],
};
/** Seconds, on a box with two free cores. */
const AT_MOST = 10;

const many = Object.fromEntries(
  Array.from({ length: COUNT }, (_, index) => [`fl-${index + 1}.service`, options(SLEEP)]),
);
const good = Object.keys(many);

async function pids(machine: string): Promise<string> {
  return on.sh(machine, "systemctl show -p Id,MainPID 'fl-[0-9]*.service'");
}

t.test(`${COUNT} units and bad ones among them`, { timeout: 240_000 }, async (t) => {
  const bad = Object.fromEntries(
    Object.entries(BAD).map(([name, lines]) => [name, options(...lines)]),
  );
  const badEnd = client.start(bad);
  const up = await timed(AT_MOST, () => client.start(many));
  t.equal(up.result.code, 0, up.result.lines.filter((line) => !/launched on/.test(line)).join());
  t.ok(up.seconds <= up.bound, `all active after ${up.seconds.toFixed(1)} s`);
  const { code, lines } = await badEnd;
  t.equal(code, 1);
  t.match(lines.join(), /unreadable.*not active/);
  const states = new Map((await client.states()).map((state) => [state.name, state]));
  t.match(states.get('fl-unreadable.service')?.systemdLoadState, /bad-setting|error/);
  t.match(states.get('fl-failing.service'), { systemdActiveState: 'failed' });
  t.match(states.get('docker.service'), { systemdActiveState: 'inactive' });
  t.equal(await on.sh(names[0]!, 'systemctl is-active docker'), 'active', 'the host’s own is left');
  const machines = new Set(good.map((name) => states.get(name)?.machineID));
  t.equal(machines.size, names.length, 'they are spread');

  const before = await Promise.all(names.map(pids));
  t.match(await client.restart('fl-1.service', 'fl-2.service', 'fl-3.service'), { code: 0 });
  const changed = (await Promise.all(names.map(pids)))
    .flatMap((text, index) => differing(before[index]!, text))
    .toSorted();
  t.strictSame(changed, ['fl-1.service', 'fl-2.service', 'fl-3.service'], 'these and no others');

  const other = await fleetOn(on, names.at(-1)!);
  t.strictSame(await other.client.units(), await client.units(), 'every machine says the same');
  const { rows } = await readUnits(registry, true, on.signal);
  t.equal(
    rows.filter(({ unit, active }) => good.includes(unit) && active === 'active').length,
    COUNT,
  );

  const down = await timed(AT_MOST, async () => {
    const told = await client.destroy(...good, ...Object.keys(BAD));
    await eventually('good ones gone', 60, async () => {
      const left = new Set((await client.states()).map(({ name }) => name));
      return good.every((name) => !left.has(name));
    });
    return told;
  });
  t.match(down.result, { code: 0 });
  t.ok(down.seconds <= down.bound, `all gone after ${down.seconds.toFixed(1)} s`);
});

/** Units whose process is another one. */
function differing(before: string, after: string): string[] {
  const blocks = new Set(before.split('\n\n'));
  return after
    .split('\n\n')
    .filter((block) => !blocks.has(block))
    .map((block) => /Id=(.*)/.exec(block)![1]!);
}

t.test('every kind of unit, byte for byte', async (t) => {
  // What a socket, a path or a timer starts must be on their machine.
  const here = `X-Fleet/MachineID=${on.context.machines[0]!.id}`;
  await client.load({
    'kind.service': options('Unit/Description=100 % "quoted" $HOME', SLEEP, here),
    'kind-timed.service': options(SLEEP, here),
  });
  const started = {
    'kind.socket': options('Socket/ListenStream=/run/kind.sock'),
    'kind-timed.timer': options('Timer/OnActiveSec=1', 'Timer/AccuracySec=100ms'),
    'kind.path': options('Path/PathExists=/run/kind-trigger'),
    'mnt.mount': options('Mount/What=tmpfs', 'Mount/Where=/mnt', 'Mount/Type=tmpfs'),
    'kind.target': options('Unit/Description=a target'),
    'kind@a@b.service': options(SLEEP),
    'kind-enabled.service': options(SLEEP, 'Install/WantedBy=multi-user.target'),
  };
  for (const unit of Object.values(started)) unit.push(...options(here));
  t.match(await client.start(started), { code: 0 });
  await eventually('the timer starts its service', 20, async () => {
    const { stdout } = await on.exec(names[0]!, 'systemctl is-active kind-timed.service');
    return stdout === 'active';
  });
  t.match(await on.sh(names[0]!, 'findmnt -no FSTYPE /mnt'), 'tmpfs');
  const [state] = (await client.states()).filter(({ name }) => name === 'kind.service');
  const home = on.context.machines.find(({ id }) => id === state?.machineID)!.name;
  const file = await on.sh(home, ['cat', '/run/systemd/system/kind.service']);
  t.equal(`${file.trimEnd()}\n`, await client.cat('kind.service'));
  t.equal(
    createHash('sha1')
      .update(await client.cat('kind.service'))
      .digest('hex'),
    state?.hash,
  );
  t.match(
    await on.sh(names[0]!, 'systemctl status -l kind.socket'),
    /kind\.sock/,
    'as fleetctl asks',
  );
  await client.destroy(...Object.keys(started), 'kind.service', 'kind-timed.service');
});

t.test('where units go', async (t) => {
  const [first, second] = on.context.machines.map(({ id }) => ({ id }));
  const label = { op: 'add', path: `/${second!.id}/metadata/role`, value: 'store' };
  const patch = { method: 'PATCH', body: JSON.stringify([label]) };
  t.match(await ask('/fleet/v1/machines', patch), { status: 204 });
  const spread = names.map((_, index) => `go-spread@${index}.service`);
  const units = {
    'go-store.service': options(SLEEP, 'X-Fleet/MachineMetadata=role=store'),
    'go-peer.service': options(SLEEP, 'X-Fleet/MachineOf=go-store.service'),
    'go-id.service': options(SLEEP, `X-Fleet/MachineID=${first!.id.slice(0, 8)}`),
    'go-everywhere.service': options(SLEEP, 'X-Fleet/Global=true'),
    ...Object.fromEntries(
      spread.map((name) => [name, options(SLEEP, 'X-Fleet/Conflicts=go-spread@*.service')]),
    ),
  };
  t.match(await client.start(units), { code: 0 });
  const homes = new Map((await client.units()).map(({ name, machineID }) => [name, machineID]));
  t.equal(homes.get('go-store.service'), second!.id);
  t.equal(homes.get('go-peer.service'), second!.id);
  t.equal(homes.get('go-id.service'), first!.id);
  t.equal(new Set(spread.map((name) => homes.get(name))).size, names.length);
  await eventually('the global unit is everywhere', 20, async () => {
    const states = await client.states();
    return states.filter(({ name }) => name === 'go-everywhere.service').length === names.length;
  });
  await client.destroy(...Object.keys(units));
  const back = { method: 'PATCH', body: JSON.stringify([{ ...label, op: 'remove' }]) };
  await ask('/fleet/v1/machines', back);
  await eventually('everything is forgotten', 60, async () => {
    const { items } = await registry.list(keys.foreignUnits, [], on.signal);
    return items.length === 0 && (await client.states()).length === 0;
  });
  for (const name of names) {
    t.equal(await on.sh(name, "ls /run/deis/units | grep -cE '^(fl-|kind|go-|mnt)' || true"), '0');
  }
});
