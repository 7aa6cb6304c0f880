// One machine more, or one less, of a local cluster that runs: the others go on undisturbed.

import { randomBytes } from 'node:crypto';
import { removeDirectory } from '../../adapters/mounts.ts';
import { DeisError } from '../../model/errors.ts';
import { readContext } from '../context.ts';
import type { Progress } from '../progress.ts';
import { machineAddress, memberNumbers } from './address-plan.ts';
import { bringUpMachine, waitUntilReady } from './bring-up.ts';
import { equip } from './equipment.ts';
import { cutPower, unmountMachine } from './machine.ts';
import { clusterPaths, readRecord, writeRecord, type MachineRecord } from './record.ts';
import { requireBox } from './require-box.ts';
import { writeContext } from './up.ts';
import { withCluster } from './with-cluster.ts';

/** Numbers are parts of addresses: 10 + 240 is the last one. */
const LAST_NUMBER = 180;

/** Resolves when its Docker and its deisd run. It carries no member of the store. */
export async function addLocalMachine(
  root: string,
  cluster: string,
  { name, labels }: { name: string; labels: Record<string, string> },
  progress: Progress,
  signal: AbortSignal,
): Promise<{ id: string; ip: string }> {
  requireBox();
  const work = async () => {
    const record = await readRecord(root, cluster);
    const left = record.machines.find((machine) => machine.name === name);
    // What a run that was cut off left half made is finished by this one.
    const machine: MachineRecord = left ?? {
      number: freeNumber(record.machines),
      name,
      id: randomBytes(16).toString('hex'),
      ip: machineAddress(record.slot, freeNumber(record.machines)),
      joined: true,
      labels,
    };
    const more = {
      ...record,
      made: record.made ?? record.machines.length,
      members: [...memberNumbers(record)],
      machines: left ? record.machines : [...record.machines, machine],
    };
    await writeRecord(root, more);
    const equipment = await equip(root, more, signal);
    await progress.step(`Booting ${name}`, () =>
      bringUpMachine(root, more, machine, equipment, signal),
    );
    await progress.step(`Docker and deisd of ${name}`, () =>
      waitUntilReady(root, { ...more, machines: [machine] }, equipment, signal),
    );
    await writeContext(root, more, (await readContext(root, cluster)).doors);
    return { id: machine.id, ip: machine.ip };
  };
  return await withCluster(root, cluster, progress, work, signal);
}

/** Power off, disks away. A machine that is not there is fine. Throws DeisError 'conflict' for one that carries a member of the store. */
export async function removeLocalMachine(
  root: string,
  cluster: string,
  id: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  requireBox();
  const work = async () => {
    const record = await readRecord(root, cluster);
    const machine = record.machines.find((candidate) => candidate.id === id);
    if (!machine) return;
    if (memberNumbers(record).includes(machine.number)) {
      throw new DeisError('conflict', `${machine.name} still carries a member of the store`);
    }
    await progress.step(`Power off: ${machine.name}`, async () => {
      await cutPower(root, record, machine, signal);
      await unmountMachine(root, record, machine, signal);
      await removeDirectory(clusterPaths(root, cluster).machine(machine.name).folder, signal);
    });
    const fewer = {
      ...record,
      made: record.made ?? record.machines.length,
      members: [...memberNumbers(record)],
      machines: record.machines.filter((candidate) => candidate !== machine),
    };
    await writeRecord(root, fewer);
    await writeContext(root, fewer, (await readContext(root, cluster)).doors);
  };
  await withCluster(root, cluster, progress, work, signal);
}

function freeNumber(machines: readonly MachineRecord[]): number {
  const taken = new Set(machines.map(({ number }) => number));
  // One more than the newest: an address that was just given back is not used at once.
  const next = Math.max(0, ...taken) + 1;
  if (next <= LAST_NUMBER) return next;
  for (let number = 1; number <= LAST_NUMBER; number += 1) if (!taken.has(number)) return number;
  throw new DeisError('unavailable', 'This cluster has no address for another machine.');
}
