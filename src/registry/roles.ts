// What each component's certificate may write in the store. All may read everything: values that are nobody's business are sealed, and
// programs of others that read /deis/services go on doing so with any of these certificates.

import { createHash } from 'node:crypto';
import { BUILDER_KEY } from './builder-key.ts';
import type { Writer } from './family.ts';
import { keys } from './keys.ts';
import { pushLock } from './pushes.ts';

export interface StoreRole {
  /** The certificate's common name. */
  component: string;
  /** Key prefixes that it may write. */
  writes: readonly string[];
}

/** Common name of those who may do everything, also change roles and members. */
export const OPERATOR = 'operator';

const of = (writer: Writer): string[] =>
  Object.values(keys)
    .filter((family) => family.writer === writer)
    .map(({ prefix }) => prefix);

const { acmeAccounts, acmeChallenges, acmeOrders, identities, leaders, locks, settings } = keys;
/** `/deis`, without the slash: whoever types `del --prefix /deis` means that. */
const OURS = settings.prefix.slice(0, -1);
/** Written by whoever of both needs it first. */
const SHARED_KEY = settings.key(...BUILDER_KEY);

/**
 * To add a component: its row. `deisd` speaks for the machine: it is the scheduler and the fleet API, and whoever is root there is an
 * operator of the cluster (deisctl goes through a tunnel with its certificate). So it may write all that is ours, yet change neither
 * roles nor members. The others are reached from outside, and each writes its own keys.
 */
export const STORE_ROLES: readonly StoreRole[] = [
  { component: 'deisd', writes: [OURS] },
  {
    component: 'router',
    writes: [
      // Its own keys, and the setting that it seals.
      settings.under('router'),
      ...[acmeAccounts, acmeChallenges, acmeOrders].map(({ prefix }) => prefix),
      leaders.key('acme'),
    ],
  },
  { component: 'controller', writes: [...of('controller'), SHARED_KEY, locks.key('deployment-')] },
  { component: 'builder', writes: [...of('builder'), SHARED_KEY, locks.key(pushLock(''))] },
  { component: 'registry', writes: [locks.key('registry-sweep')] },
  { component: 'logger', writes: [] },
].map(({ component, writes }) => ({
  component,
  writes: component === 'deisd' ? writes : [...writes, identities.under(component)],
}));

/** Of this version's table: what the store's record says when these roles are in force. */
export const ROLES_DIGEST = createHash('sha256').update(JSON.stringify(STORE_ROLES)).digest('hex');
