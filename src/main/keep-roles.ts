// A store without roles gets them from whichever daemon sees it first: a new one, one that was started by an earlier version, and one
// that has lost everything. From then on an operator alone may change them.

import { type RolesAt, ensureStoreRoles, rolesAreOurs } from '../machines/store-roles.ts';
import { Loop } from '../daemon/loop.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { keys } from '../registry/keys.ts';
import { Mirror } from '../registry/mirror.ts';

export interface KeepingRoles extends Omit<RolesAt, 'endpoints'> {
  /** The store's members now. */
  endpoints: () => string[];
  clock: Clock;
  log: Log;
}

/** The record of the roles is watched; this is for a hint that was lost, ms. */
const EVERY_MS = 600_000;
/** Of several daemons that see it at once one is done before the others look again. */
const AT_LEAST_MS = 2000;

/** Resolves when the signal aborts. */
export async function keepRoles(keeping: KeepingRoles, signal: AbortSignal): Promise<void> {
  const { registry, tls, clock, log, endpoints } = keeping;
  const record = new Mirror(keys.storeRoles);
  let left = false;
  const loop = new Loop({
    name: 'roles',
    every: EVERY_MS,
    atLeast: AT_LEAST_MS,
    pass: async (given) => {
      if (!record.connected || (await rolesAreOurs(registry, given))) return;
      const at = { endpoints: endpoints(), tls, registry };
      if (await ensureStoreRoles(at, given)) log.info('brought roles into the store', {});
      else if (!left) log.info('left the roles in the store as they are', {});
      left = true;
    },
    clock,
    log,
  });
  await Promise.all([record.start(registry.store, loop.hint, signal), loop.run(signal)]);
}
