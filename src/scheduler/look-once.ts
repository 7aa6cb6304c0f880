// One look at the cluster as the scheduler sees it, by whoever does not lead: for forecasts.

import { DeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import { gather } from './gather.ts';
import { isInSight, schedulerMirrors, watchAll } from './mirrors.ts';
import type { ClusterSnapshot } from './snapshot.ts';

const PATIENCE_MS = 2000;

/** A machine without a heartbeat counts as suspect: nothing is placed on it. Throws DeisError('unavailable') when the store is. */
export async function lookOnce(
  store: Store,
  clock: Clock,
  signal: AbortSignal,
): Promise<ClusterSnapshot> {
  const mirrors = schedulerMirrors();
  const stop = new AbortController();
  const seen = Promise.withResolvers<void>();
  const hint = (): void => {
    if (isInSight(mirrors)) seen.resolve();
  };
  const ends = AbortSignal.any([signal, stop.signal]);
  const watching = watchAll(mirrors, store, hint, ends);
  try {
    await Promise.race([seen.promise, clock.sleep(PATIENCE_MS, ends), watching]);
    if (!isInSight(mirrors)) throw new DeisError('unavailable', 'The cluster cannot be seen now.');
    const silent = mirrors.machines.items().filter(({ ids }) => !mirrors.alive.get(ids[0]!));
    const suspect = new Set(silent.map(({ ids }) => ids[0]!));
    const now = new Date(clock.now()).toISOString();
    return gather(mirrors, { lost: new Map(), suspect }, now, 0);
  } finally {
    stop.abort();
    await watching;
  }
}
