// Local copies of every family that the leader decides from.

import type { Store } from '../ports/store.ts';
import { keys } from '../registry/keys.ts';
import { Mirror } from '../registry/mirror.ts';

export function schedulerMirrors() {
  return {
    platformUnits: new Mirror(keys.platformUnits),
    appUnits: new Mirror(keys.appUnits),
    foreignUnits: new Mirror(keys.foreignUnits),
    machines: new Mirror(keys.machines),
    alive: new Mirror(keys.alive),
    orders: new Mirror(keys.orders),
    lost: new Mirror(keys.lost),
    placements: new Mirror(keys.placements),
    states: new Mirror(keys.states),
    services: new Mirror(keys.services),
    routerAlive: new Mirror(keys.routerAlive),
    routerApplied: new Mirror(keys.routerApplied),
    unschedulable: new Mirror(keys.unschedulable),
    schedulerStatus: new Mirror(keys.schedulerStatus),
    rebalance: new Mirror(keys.rebalance),
  };
}

export type Mirrors = ReturnType<typeof schedulerMirrors>;

/** Starts all; the returned promise resolves when the signal has ended all watches. */
export async function watchAll(
  mirrors: Mirrors,
  store: Store,
  onHint: () => void,
  signal: AbortSignal,
): Promise<void> {
  const watches = Object.values(mirrors).map((mirror) => mirror.start(store, onHint, signal));
  await Promise.all(watches);
}

/** True while every copy is complete and its stream delivers: only then is anything decided. */
export function isInSight(mirrors: Mirrors): boolean {
  return Object.values(mirrors).every(({ connected, revision }) => connected && revision > 0);
}

/** A number that differs after any break of any stream. */
export function breaksOf(mirrors: Mirrors): number {
  return Object.values(mirrors).reduce((sum, { breaks }) => sum + breaks, 0);
}
