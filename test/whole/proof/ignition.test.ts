// Machines that configure themselves: the files that `deisctl ignition` writes are done by hand to two bare machines, a release archive
// is put where it is waited for, and a cluster is there; the second machine joins the store of the first.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { makeArchive, stageNode } from '../../../src/release/archive.ts';
import { ownReleaseTarget } from '../../../src/release/target.ts';
import { statePaths } from '../../../src/machines/checkout.ts';
import { run } from '../../../src/adapters/process.ts';
import { applyIgnition } from '../apply-ignition.ts';
import { bareMachine } from '../bare-machine.ts';
import { cluster } from '../cluster.ts';
import { eventually } from '../platform.ts';

const on = await cluster();
const CLUSTER = `${on.name}-ignition`;
const staging = join(statePaths(on.root).cache, `proof-ignition-${process.pid}`);
const archive = join(staging, 'node.tar.gz');
const folder = statePaths(on.root).cluster(CLUSTER);
await rm(folder, { recursive: true, force: true });
const bare = [
  await bareMachine(on.root, on.name, 210, on.signal),
  await bareMachine(on.root, on.name, 211, on.signal),
];
t.teardown(async () => {
  for (const machine of bare) await machine.down();
  await rm(staging, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

/** `core` is there and may become root; no package of etcd ever made a folder for its own account. */
const LIKE_FLATCAR = `rm -rf /var/lib/etcd
echo 'core:x:0:0:core:/home/core:/bin/bash' >> /etc/passwd
echo 'core:*:19000:0:99999:7:::' >> /etc/shadow
printf '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n' > /usr/local/bin/sudo
chmod 755 /usr/local/bin/sudo`;

interface MachineRow {
  name: string;
  ip: string;
  state: string;
}

/** For the other cluster. */
async function deisctl(...args: string[]): Promise<string> {
  const words = [join(on.root, 'bin/deisctl.js'), '-C', CLUSTER, ...args];
  const { stdout } = await run(process.execPath, words, {}, on.signal);
  return stdout;
}

t.test('two machines make a cluster by themselves', { timeout: 600_000 }, async (t) => {
  const named = bare.map(({ ip }, at) => `ign-${at + 1}=${ip}`);
  const words = [join(on.root, 'bin/deisctl.js'), 'ignition', ...named];
  const options = [`--name=${CLUSTER}`, '--domain=ignition.localhost', `--output=${staging}/ign`];
  const node = await stageNode(on.root, ownReleaseTarget(on.root), staging, 'proof', on.signal);
  await run(process.execPath, [...words, ...options], {}, on.signal);
  await makeArchive(node, archive, on.signal);
  for (const [at, machine] of bare.entries()) {
    await machine.sh(LIKE_FLATCAR);
    await applyIgnition(machine, await readFile(`${staging}/ign/ign-${at + 1}.ign`, 'utf8'));
    const users = await machine.sh('cut -d: -f1 /etc/passwd | grep -E "^(core|deis-etcd)$"');
    t.match(users, at === 0 ? /core\ndeis-etcd/ : /^core$/, 'users as it says');
    // As after a boot: the name, the new units, and those that start by themselves.
    await machine.sh(
      'hostname -F /etc/hostname; systemctl daemon-reload; systemctl restart docker',
    );
    await machine.sh('systemctl start --no-block deis-install.service');
  }
  for (const machine of bare) {
    await eventually('it waits for its program', 30, async () =>
      /waiting for/.test(await machine.sh('journalctl -u deis-install --no-pager -o cat')),
    );
    await machine.give(archive, '/var/lib/deis-release.tar.gz');
  }
  await eventually('the second one unpacks it', 60, async () =>
    /part/.test(await bare[1]!.sh('ls /opt/deis-versions 2>/dev/null || true')),
  );
  await bare[1]!.sh('systemctl kill --signal=KILL deis-install.service');
  const rows = await eventually('both machines are ready', 120, async () => {
    const machines = JSON.parse(await deisctl('machines', '--json')) as MachineRow[];
    return machines.length === 2 && machines.every(({ state }) => state === 'ready') && machines;
  });
  t.strictSame(
    rows.map(({ name, ip }) => `${name}=${ip}`),
    named,
  );
  for (const machine of bare) {
    const failed = await machine.sh('systemctl list-units --failed --plain --no-legend');
    t.notMatch(failed, /deis|etcd|docker/);
    t.match(await machine.sh('systemctl is-active deisd deis-drain docker'), /^(active\n?){3}$/);
  }
  t.match(await bare[0]!.sh('stat -c %U /var/lib/etcd/deis'), 'deis-etcd');
  await eventually('containers are kept from what a cloud tells', 30, async () =>
    (await bare[1]!.sh('iptables -t mangle -S DEIS-FENCE')).includes('-d 169.254.0.0/16 -j DROP'),
  );
  const secrets = await bare[0]!.sh(
    "find /etc/deis /etc/etcd -type f -perm /077 '(' -name '*.key' -o -name release.env ')'",
  );
  t.notMatch(secrets, /\.key/, 'keys are for their owners only');
});

t.test('what is installed there runs on both', { timeout: 600_000 }, async (t) => {
  await deisctl('config', 'platform', 'set', 'domain=ignition.localhost');
  await deisctl('install', 'router@1', 'router@2');
  await deisctl('start', 'router@1', 'router@2');
  const rows = JSON.parse(await deisctl('list', '--json')) as { ip: string; active: string }[];
  t.strictSame(
    new Set(rows.filter(({ active }) => active === 'active').map(({ ip }) => ip)),
    new Set(bare.map(({ ip }) => ip)),
  );
  const log = await bare[1]!.sh('cat /home/core/.ssh/authorized_keys');
  t.match(log, /^ssh-ed25519 /);
});

t.test('its certificates are changed like those of any other cluster', async (t) => {
  const rotated = await deisctl('certs', 'rotate');
  t.match(rotated, /all certificates are new/);
});
