// One machine from whatever state it is in to running with current files, and the wait until all are of use.
import { isPopulated } from '../../adapters/cgroup.ts';
import { runInside } from '../../adapters/nspawn.ts';
import { DeisError } from '../../model/errors.ts';
import { keptIdentity } from '../identity.ts';
import type { Equipment } from './equipment.ts';
import { memberNumbers, machineGroup } from './address-plan.ts';
import {
  cutPower,
  ensureCore,
  ensurePlugged,
  machineInit,
  mountMachine,
  startMachine,
  useOptVersion,
  writeMachineFiles,
} from './machine.ts';
import { enabledUnits, machineFiles } from './machine-files.ts';
import { dockerAnswers, etcdIsHealthy, unitIsActive, waitFor } from './ready.ts';
import { clusterPaths, type ClusterRecord, type MachineRecord } from './record.ts';

/** Makes, boots or refreshes the machine. On a running one `deisd` is restarted only if its program or unit changed. */
export async function bringUpMachine(
  root: string,
  cluster: ClusterRecord,
  machine: MachineRecord,
  equipment: Equipment,
  signal: AbortSignal,
): Promise<void> {
  const group = machineGroup(cluster.slot, machine.number);
  const init = await machineInit(cluster, machine);
  // Processes without an init: a start or a shutdown that was interrupted.
  if (init === undefined && (await isPopulated(group))) {
    await cutPower(root, cluster, machine, signal);
  }
  await mountMachine(root, cluster, machine, signal);
  const changed = await furnish(root, cluster, machine, equipment);
  if (init === undefined) {
    await startMachine(root, cluster, machine, signal);
    return;
  }
  await ensurePlugged(cluster, machine, signal);
  if (changed.some((path) => path.startsWith('/etc/systemd/system/'))) {
    await orders(init, machine, ['systemctl', 'daemon-reload'], signal);
  }
  if (
    equipment.opt.hasDaemon &&
    changed.some((path) => /deisd\.service$|^\/opt\/deis$/.test(path))
  ) {
    await orders(init, machine, ['systemctl', 'restart', 'deisd.service'], signal);
  }
  if (changed.some((path) => path.endsWith('/deis-drain.service'))) {
    await orders(init, machine, ['systemctl', 'start', '--no-block', 'deis-drain.service'], signal);
  }
}

/** Waits until every member of the store is healthy and every Engine answers, and the daemons run if there is a program for them. */
export async function waitUntilReady(
  root: string,
  cluster: ClusterRecord,
  equipment: Equipment,
  signal: AbortSignal,
): Promise<void> {
  const members = memberNumbers(cluster);
  const waits = cluster.machines.flatMap((machine) => {
    const hint = `Look at ${clusterPaths(root, cluster.name).machine(machine.name).console} and: deisctl local exec --name=${cluster.name} ${machine.name} -- journalctl -b`;
    const wait = (what: string, ask: (init: number, signal: AbortSignal) => Promise<boolean>) =>
      waitFor(
        `${what} on ${machine.name}`,
        hint,
        60,
        async (inner) => {
          const init = await machineInit(cluster, machine);
          return init !== undefined && (await ask(init, inner));
        },
        signal,
      );
    return [
      wait('Docker', dockerAnswers),
      ...(members.includes(machine.number)
        ? [
            wait('etcd', (_, inner) =>
              etcdIsHealthy(`https://${machine.ip}:2379`, equipment.operator, inner),
            ),
          ]
        : []),
      ...(equipment.opt.hasDaemon
        ? [wait('deisd', (init, inner) => unitIsActive(init, 'deisd.service', inner))]
        : []),
    ];
  });
  await Promise.all(waits);
}

async function furnish(
  root: string,
  cluster: ClusterRecord,
  machine: MachineRecord,
  equipment: Equipment,
): Promise<string[]> {
  const { authority, opt, box, etcd, operatorKey, platformKey, now } = equipment;
  const { identity: kept } = clusterPaths(root, cluster.name).machine(machine.name);
  const identity = await keptIdentity(kept, authority, machine, now);
  const secrets = { ca: authority.trusted, identity, platformKey, operatorKey };
  const files = machineFiles(cluster, machine, secrets, box, etcd);
  const enabled = enabledUnits(cluster, machine, opt.hasDaemon);
  const changed = await writeMachineFiles(root, cluster, machine, files, enabled);
  await ensureCore(root, cluster, machine);
  const switched = await useOptVersion(root, cluster, machine, opt.version);
  return switched ? [...changed, '/opt/deis'] : changed;
}

async function orders(
  init: number,
  machine: MachineRecord,
  command: string[],
  signal: AbortSignal,
): Promise<void> {
  const { code, stderr } = await runInside(init, command, signal);
  if (code === 0) return;
  throw new DeisError('refused', `${command.join(' ')} on ${machine.name}: ${stderr}`);
}
