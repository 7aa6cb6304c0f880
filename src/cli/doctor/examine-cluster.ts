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
  const patient = patientOf(cluster, choice);
  const first = await gather(patient, signal);
  const diagnosis = diagnose(first);
  if (!mayPass(diagnosis)) return { facts: first, diagnosis };
  await pause(SECOND_LOOK_MS, undefined, { signal });
  const second = await gather(patient, signal);
  return { facts: second, diagnosis: confirmed(first, second) };
}

function patientOf({ context, tls }: Cluster, choice: ClusterChoice): Patient {
  if (context) {
    const { name, etcd, machines } = context;
    return {
      endpoints: etcd,
      tls,
      files: context.tls,
      way: { kind: 'local', cluster: name },
      known: machines,
      power: (signal) => localPower(checkoutRoot(), name, signal),
      byHand: localHand(name),
    };
  }
  const { endpoint = [], 'etcd-cafile': ca = '', 'etcd-certfile': cert = '' } = choice;
  return {
    endpoints: endpoint,
    tls,
    files: { ca, cert, key: choice['etcd-keyfile'] ?? '' },
    way: { kind: 'ssh' },
    known: [],
    power: async () => ({}),
    byHand: sshHand,
  };
}
