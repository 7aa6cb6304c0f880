// A member of the store on a machine of a local cluster: begun and ended, and everybody who asks the store told of it.

import { runInside } from '../../adapters/nspawn.ts';
import { DeisError } from '../../model/errors.ts';
import { readContext } from '../context.ts';
import type { MemberHost } from '../members/follow.ts';
import { STOP_MEMBER_SCRIPT } from '../members/scripts.ts';
import type { Progress } from '../progress.ts';
import { memberNumbers } from './address-plan.ts';
import { bringUpMachine } from './bring-up.ts';
import { equip } from './equipment.ts';
import { machineInit } from './machine.ts';
import {
  clusterPaths,
  findRecord,
  readRecord,
  writeRecord,
  type ClusterRecord,
  type MachineRecord,
} from './record.ts';
import { writeContext } from './up.ts';
import { withCluster } from './with-cluster.ts';

type Act = (record: ClusterRecord, machine: MachineRecord) => Promise<void>;

/** `id`: the machine's. */
export function localMemberHost(
  root: string,
  cluster: string,
  id: string,
  progress: Progress,
): MemberHost {
  const onMachine = (act: Act, signal: AbortSignal): Promise<void> =>
    withCluster(
      root,
      cluster,
      progress,
      async () => {
        const record = await readRecord(root, cluster);
        const machine = record.machines.find((candidate) => candidate.id === id);
        if (machine) await act(record, machine);
      },
      signal,
    );
  return {
    start: (initialCluster, signal) =>
      onMachine(
        (record, { number }) => start(root, record, number, initialCluster, signal),
        signal,
      ),
    stop: (signal) => onMachine((record, machine) => stop(root, record, machine, signal), signal),
  };
}

async function start(
  root: string,
  record: ClusterRecord,
  number: number,
  initialCluster: string,
  signal: AbortSignal,
): Promise<void> {
  const machines = record.machines.map((machine) =>
    machine.number === number ? { ...machine, joined: true, initialCluster } : machine,
  );
  const members = [...new Set([...memberNumbers(record), number])].toSorted((a, b) => a - b);
  const more = { ...withMade(record), machines, members };
  await writeRecord(root, more);
  const machine = machines.find((candidate) => candidate.number === number)!;
  await bringUpMachine(root, more, machine, await equip(root, more, signal), signal);
  await inside(root, more, machine, 'systemctl start etcd.service', signal);
}

async function stop(
  root: string,
  record: ClusterRecord,
  machine: MachineRecord,
  signal: AbortSignal,
): Promise<void> {
  const members = memberNumbers(record).filter((number) => number !== machine.number);
  await writeRecord(root, { ...withMade(record), members });
  await inside(root, record, machine, STOP_MEMBER_SCRIPT, signal);
}

/** The number it was made with is asked for again by `local up`. */
function withMade(record: ClusterRecord): ClusterRecord {
  return { ...record, made: record.made ?? record.machines.length };
}

/** On a machine that is off there is nothing to do: it is furnished when it boots. */
async function inside(
  root: string,
  record: ClusterRecord,
  machine: MachineRecord,
  script: string,
  signal: AbortSignal,
): Promise<void> {
  const init = await machineInit(record, machine);
  if (init === undefined) return;
  const { code, stderr } = await runInside(init, ['/bin/sh', '-c', script], signal);
  if (code === 0) return;
  const { console } = clusterPaths(root, record.name).machine(machine.name);
  throw new DeisError(
    'refused',
    `the store on ${machine.name}: exit code ${code}: ${stderr}`,
    `Look at ${console}.`,
  );
}

/** False: this computer did not make the cluster's machines. */
export async function tellLocalCluster(
  root: string,
  cluster: string,
  endpoints: readonly string[],
  progress: Progress,
  signal: AbortSignal,
): Promise<boolean> {
  if (!(await findRecord(root, cluster))) return false;
  const work = async (): Promise<void> => {
    const told = { ...withMade(await readRecord(root, cluster)), endpoints: [...endpoints] };
    await writeRecord(root, told);
    await writeContext(root, told, (await readContext(root, cluster)).doors);
  };
  await withCluster(root, cluster, progress, work, signal);
  return true;
}
