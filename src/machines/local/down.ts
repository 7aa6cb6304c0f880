// `deisctl local down`: takes away everything `up` made – processes, cables, rules, mounts, loop devices, groups, files – and nothing else.
import { existsSync } from 'node:fs';
import { killGroup, removeGroup } from '../../adapters/cgroup.ts';
import { removeDirectory } from '../../adapters/mounts.ts';
import { findLink, ownerAddress } from '../../adapters/bridge.ts';
import { DeisError, toDeisError } from '../../model/errors.ts';
import type { Progress } from '../progress.ts';
import { SLOTS, bridgeName, doorsGroup, ownerMark } from './address-plan.ts';
import { cutPower, unmountMachine } from './machine.ts';
import { removeNetwork } from './network.ts';
import { clusterPaths, findRecord, type ClusterRecord } from './record.ts';
import { requireBox } from './require-box.ts';
import { withCluster } from './with-cluster.ts';

/**
 * Removes the cluster; one that does not exist is fine. Every part is tried even if another could not be removed.
 * Throws DeisError 'conflict' that names what stayed. Returns whether there was anything to remove.
 */
export async function localDown(
  root: string,
  name: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<boolean> {
  requireBox();
  const work = async () => {
    const { folder } = clusterPaths(root, name);
    const record = await findRecord(root, name);
    const slot = record?.slot ?? (await findAbandonedSlot(root, name, signal));
    if (slot === undefined && !existsSync(folder)) return false;
    const troubles: string[] = [];
    const attempt = async (title: string, take: () => Promise<unknown>) => {
      try {
        await progress.step(title, take);
      } catch (error) {
        signal.throwIfAborted();
        troubles.push(toDeisError(error).message);
      }
    };
    if (record) {
      await attempt('Machines off', () => powerOff(root, record, signal));
      await attempt('Disks', () => unmountDisks(root, record, signal));
    }
    if (slot !== undefined) {
      await attempt('Network', () => takeNetwork(root, { name, slot }, signal));
    }
    await attempt('Files', () => removeFiles(folder, troubles.length > 0, signal));
    if (troubles.length > 0) {
      throw new DeisError(
        'conflict',
        `Not all of cluster "${name}" could be removed: ${troubles.join('; ')}`,
        `Close what uses it and run again: deisctl local down --name=${name}`,
      );
    }
    return true;
  };
  return await withCluster(root, name, progress, work, signal);
}

async function powerOff(root: string, record: ClusterRecord, signal: AbortSignal): Promise<void> {
  const doors = doorsGroup(record.slot);
  await killGroup(doors, signal);
  await removeGroup(doors);
  await Promise.all(record.machines.map((machine) => cutPower(root, record, machine, signal)));
}

async function unmountDisks(
  root: string,
  record: ClusterRecord,
  signal: AbortSignal,
): Promise<void> {
  for (const machine of record.machines) await unmountMachine(root, record, machine, signal);
}

async function takeNetwork(
  root: string,
  cluster: Pick<ClusterRecord, 'name' | 'slot'>,
  signal: AbortSignal,
): Promise<void> {
  // Without a record nobody knows the machines one by one: all their processes are in the cluster's group.
  await killGroup(bridgeName(cluster.slot), signal);
  await removeNetwork(root, cluster, signal);
  await removeGroup(bridgeName(cluster.slot));
}

async function removeFiles(folder: string, keep: boolean, signal: AbortSignal): Promise<void> {
  // While something could not be removed, the record stays: it says where to look for it.
  if (keep) return;
  await removeDirectory(folder, signal);
}

/** The slot of a first `up` that was killed before it wrote its record: the bridge carries our mark. */
async function findAbandonedSlot(
  root: string,
  name: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const mark = ownerMark(name, clusterPaths(root, name).folder);
  for (let slot = 0; slot < SLOTS; slot++) {
    if (!existsSync(`/sys/class/net/${bridgeName(slot)}`)) continue;
    if ((await findLink(bridgeName(slot), signal))?.address === ownerAddress(mark)) return slot;
  }
  return undefined;
}
