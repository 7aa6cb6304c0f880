// What each component says of the certificate it uses: whoever changes certificates waits until all have followed.

import type { IdentityReport } from '../model/identity.ts';
import { keys } from './keys.ts';
import { type Registry, put } from './registry.ts';

/** Writes only what is news to the store. */
export async function reportIdentity(
  registry: Registry,
  component: string,
  machine: string,
  report: IdentityReport,
  signal: AbortSignal,
): Promise<void> {
  const ids = [component, machine];
  const { identities } = keys;
  const present = await registry.get(identities, ids, signal);
  if (present && identities.encode(present.value) === identities.encode(report)) return;
  await registry.commit([], [put(identities, ids, report)], signal);
}
