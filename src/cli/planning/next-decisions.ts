// What the scheduler would do now, or if something happened: its own rules on a copy of the store. Nothing is written.

import { DeisError } from '../../model/errors.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Decision } from '../../scheduler/decision.ts';
import { gather } from '../../scheduler/gather.ts';
import { isInSight, schedulerMirrors, watchAll } from '../../scheduler/mirrors.ts';
import { plan } from '../../scheduler/plan.ts';
import type { ClusterSnapshot } from '../../scheduler/snapshot.ts';

/** Ids of machines. */
export interface WhatIf {
  drained?: string | undefined;
  lost?: string | undefined;
  rebalance?: boolean;
}

const IN_SIGHT_MS = 10_000;

/** The first step only: what follows depends on what machines report then. Throws DeisError 'unavailable'. */
export async function nextDecisions(
  registry: Registry,
  whatIf: WhatIf,
  now: string,
  signal: AbortSignal,
): Promise<Decision[]> {
  return plan(imagine(await snapshotOf(registry, now, signal), whatIf));
}

async function snapshotOf(
  registry: Registry,
  now: string,
  signal: AbortSignal,
): Promise<ClusterSnapshot> {
  const mirrors = schedulerMirrors();
  const ended = new AbortController();
  const seen = Promise.withResolvers<void>();
  const look = (): void => {
    if (isInSight(mirrors)) seen.resolve();
  };
  const late = setTimeout(() => seen.reject(unanswered()), IN_SIGHT_MS);
  const abort = (): void => seen.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const watching = watchAll(mirrors, registry.store, look, AbortSignal.any([signal, ended.signal]));
  try {
    await seen.promise;
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', abort);
    ended.abort();
  }
  await watching;
  const silent = mirrors.machines
    .items()
    .map(({ value }) => value.id)
    .filter((id) => !mirrors.alive.get(id));
  return gather(mirrors, { lost: new Map(), suspect: new Set(silent) }, now, 0);
}

/** The same cluster in which this has happened; pure. */
export function imagine(
  snapshot: ClusterSnapshot,
  { drained, lost, rebalance = false }: WhatIf,
): ClusterSnapshot {
  const machines = snapshot.machines.map((record) => {
    if (record.id === lost) {
      const verdict = { kind: 'lost' as const, reason: 'imagined: it lost its power' };
      return { ...record, alive: false, verdict };
    }
    if (record.id === drained) return { ...record, orders: { cordon: true, drain: true } };
    return record;
  });
  return { ...snapshot, machines, ...(rebalance && { wish: 'imagined' }) };
}

function unanswered(): DeisError {
  return new DeisError(
    'unavailable',
    'the store (etcd) does not answer',
    'See which members are up: deisctl local status',
  );
}
