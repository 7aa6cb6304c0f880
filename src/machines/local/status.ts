// What the machines of a local cluster are doing, asked from the kernel and the machines themselves.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findLink } from '../../adapters/bridge.ts';
import { memberNumbers, machineLabel } from './address-plan.ts';
import type { ClusterContext } from '../context.ts';
import { runningDoors } from './doors-process.ts';
import { machineInit } from './machine.ts';
import { dockerAnswers, etcdIsHealthy, unitIsActive, type OperatorTls } from './ready.ts';
import { clusterPaths, readRecord, type ClusterRecord, type MachineRecord } from './record.ts';

export interface LocalMachineStatus {
  name: string;
  id: string;
  ip: string;
  /** `cut`: it runs and its cable is pulled. */
  state: 'running' | 'cut' | 'off';
  /** `none`: this machine carries no member of the store. */
  etcd: 'healthy' | 'unhealthy' | 'none';
  docker: boolean;
  deisd: boolean;
}

/** One row for each machine. Throws DeisError 'not-found' when there is no such cluster. */
export async function localStatus(
  root: string,
  name: string,
  signal: AbortSignal,
): Promise<LocalMachineStatus[]> {
  const cluster = await readRecord(root, name);
  const { tls } = clusterPaths(root, name);
  const [ca, cert, key] = await Promise.all(
    ['ca.crt', 'operator.crt', 'operator.key'].map((file) => readFile(join(tls, file), 'utf8')),
  );
  const operator = { ca: ca!, cert: cert!, key: key! };
  return await Promise.all(
    cluster.machines.map((machine) => machineStatus(cluster, machine, operator, signal)),
  );
}

/** Only whether they have power and a cable, by name: asks the box alone, so it cannot hang. */
export async function localPower(
  root: string,
  name: string,
  signal: AbortSignal,
): Promise<Record<string, LocalMachineStatus['state']>> {
  const cluster = await readRecord(root, name);
  const states = cluster.machines.map(async (machine) => {
    const init = await machineInit(cluster, machine);
    if (init === undefined) return [machine.name, 'off'] as const;
    const link = await findLink(machineLabel(cluster.slot, machine.number), signal);
    return [machine.name, link?.up ? 'running' : 'cut'] as const;
  });
  return Object.fromEntries(await Promise.all(states));
}

/** The ports of the doors, or undefined while nobody serves them. */
export async function localDoors(
  root: string,
  name: string,
): Promise<ClusterContext['doors'] | undefined> {
  return await runningDoors(root, await readRecord(root, name));
}

async function machineStatus(
  cluster: ClusterRecord,
  machine: MachineRecord,
  operator: OperatorTls,
  signal: AbortSignal,
): Promise<LocalMachineStatus> {
  const { name, id, ip, number } = machine;
  const member = memberNumbers(cluster).includes(number);
  const init = await machineInit(cluster, machine);
  if (init === undefined) {
    const etcd = member ? 'unhealthy' : 'none';
    return { name, id, ip, state: 'off', etcd, docker: false, deisd: false };
  }
  const link = await findLink(machineLabel(cluster.slot, number), signal);
  const [healthy, docker, deisd] = await Promise.all([
    member && etcdIsHealthy(`https://${ip}:2379`, operator, signal),
    dockerAnswers(init, signal),
    unitIsActive(init, 'deisd.service', signal),
  ]);
  const etcd = member ? (healthy ? 'healthy' : 'unhealthy') : 'none';
  return { name, id, ip, state: link?.up ? 'running' : 'cut', etcd, docker, deisd };
}
