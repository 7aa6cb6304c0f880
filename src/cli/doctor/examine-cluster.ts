// `deisctl doctor`: looks, and where something may pass by itself, looks a second time before it says so.

import { setTimeout as pause } from 'node:timers/promises';
import { confirmed, diagnose, mayPass } from '../../doctor/diagnose.ts';
import type { Facts } from '../../doctor/facts.ts';
import type { Diagnosis } from '../../doctor/finding.ts';
import { checkoutRoot } from '../../machines/checkout.ts';
import { localPower } from '../../machines/local/status.ts';
import type { Cluster, ClusterChoice } from '../context.ts';
import { localHand, sshHand } from './by-hand.ts';
import { gather, type Patient } from './gather.ts';

/** Heartbeats, elections and routes settle in less. */
const SECOND_LOOK_MS = 3000;

export async function examineCluster(
  cluster: Cluster,
  choice: ClusterChoice,
  signal: AbortSignal,
): Promise<{ facts: Facts; diagnosis: Diagnosis }> {
  const patient = await patientOf(cluster, choice);
  const first = await gather(patient, signal);
  const diagnosis = diagnose(first);
  if (!mayPass(diagnosis)) return { facts: first, diagnosis };
  await pause(SECOND_LOOK_MS, undefined, { signal });
  const second = await gather(patient, signal);
  return { facts: second, diagnosis: confirmed(first, second) };
}

async function patientOf(cluster: Cluster, choice: ClusterChoice): Promise<Patient> {
  const { context, tls, members: endpoints, machines: client, dial: through } = cluster;
  const shared = { endpoints, tls, client, through };
  // Through a tunnel the machines may be anywhere, also when this computer has a local cluster of that name.
  if (context && !through) {
    const { name, machines } = context;
    return {
      ...shared,
      files: context.tls,
      way: { kind: 'local', cluster: name },
      known: machines,
      power: (signal) => localPower(checkoutRoot(), name, signal),
      byHand: localHand(name),
    };
  }
  const { 'etcd-cafile': ca, 'etcd-certfile': cert, 'etcd-keyfile': key } = choice;
  const files =
    context?.tls ??
    (ca !== undefined && cert !== undefined && key !== undefined ? { ca, cert, key } : undefined);
  return {
    ...shared,
    files,
    way: { kind: 'ssh', ...(await cluster.person()) },
    known: [],
    power: async () => ({}),
    byHand: sshHand(cluster),
  };
}
