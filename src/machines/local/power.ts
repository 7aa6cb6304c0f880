// Accidents on order: a machine loses its power and gets it back, its cable is pulled and put in again.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findLink, setLinkUp } from '../../adapters/bridge.ts';
import { isPopulated } from '../../adapters/cgroup.ts';
import { DeisError } from '../../model/errors.ts';
import type { Progress } from '../progress.ts';
import { machineGroup, machineLabel } from './address-plan.ts';
import { cutPower, machineInit, mountMachine, startMachine } from './machine.ts';
import { ensureNetwork } from './network.ts';
import { dockerAnswers, waitFor } from './ready.ts';
import {
  clusterPaths,
  findMachine,
  readRecord,
  type ClusterRecord,
  type MachineRecord,
} from './record.ts';
import { requireBox } from './require-box.ts';
import { withCluster } from './with-cluster.ts';

type Act = (cluster: ClusterRecord, machine: MachineRecord) => Promise<void>;

/** Power loss: no process says goodbye, no packet gets out. What is on its disks stays. A machine that is off stays off. */
export async function localKill(
  root: string,
  name: string,
  machine: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const act: Act = (cluster, found) => cutPower(root, cluster, found, signal);
  await onMachine(root, name, machine, 'Power off', act, progress, signal);
}

/** Boots a machine that is off, as it was, and waits for its Docker Engine (60 s). A running machine stays as it is. */
export async function localBoot(
  root: string,
  name: string,
  machine: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const act: Act = async (cluster, found) => {
    const group = machineGroup(cluster.slot, found.number);
    if ((await machineInit(cluster, found)) !== undefined) return;
    const { upper, console } = clusterPaths(root, name).machine(found.name);
    if (!existsSync(join(upper, 'opt'))) {
      throw new DeisError(
        'conflict',
        `${found.name} has never been up.`,
        `Finish making it with: deisctl local up --name=${name}`,
      );
    }
    if (await isPopulated(group)) await cutPower(root, cluster, found, signal);
    await ensureNetwork(root, cluster, signal);
    await mountMachine(root, cluster, found, signal);
    await startMachine(root, cluster, found, signal);
    const answers = async (inner: AbortSignal) => {
      const init = await machineInit(cluster, found);
      return init !== undefined && (await dockerAnswers(init, inner));
    };
    await waitFor(`Docker on ${found.name}`, `Look at ${console}.`, 60, answers, signal);
  };
  await onMachine(root, name, machine, 'Booting', act, progress, signal);
}

/** Pulls the machine's cable: it runs on, alone. */
export async function localCut(
  root: string,
  name: string,
  machine: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  await setCable(root, name, machine, false, progress, signal);
}

/** Puts the cable in again. */
export async function localHeal(
  root: string,
  name: string,
  machine: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  await setCable(root, name, machine, true, progress, signal);
}

async function setCable(
  root: string,
  name: string,
  machine: string,
  up: boolean,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const act: Act = async (cluster, found) => {
    const cable = machineLabel(cluster.slot, found.number);
    if ((await findLink(cable, signal)) === undefined) {
      throw new DeisError(
        'conflict',
        `${found.name} is off: it has no cable to ${up ? 'put in' : 'pull'}.`,
        `Boot it with: deisctl local boot ${found.name} --name=${name}`,
      );
    }
    await setLinkUp(cable, up, signal);
  };
  await onMachine(root, name, machine, up ? 'Cable in' : 'Cable out', act, progress, signal);
}

async function onMachine(
  root: string,
  name: string,
  machine: string,
  title: string,
  act: Act,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  requireBox();
  const work = async () => {
    const cluster = await readRecord(root, name);
    const found = findMachine(cluster, machine);
    await progress.step(`${title}: ${found.name}`, () => act(cluster, found));
  };
  await withCluster(root, name, progress, work, signal);
}
