// The key by which people's SSH clients know the platform again: one for all builders, kept in the store.

import { DeisError } from '../model/errors.ts';
import type { Vault } from '../ports/vault.ts';
import { keys } from '../registry/keys.ts';
import { type Registry, absent, put } from '../registry/registry.ts';

const ALGORITHM = 'ed25519';

/** The private key in OpenSSH's format; `make` is called when there is none yet. */
export async function hostKey(
  registry: Registry,
  vault: Vault,
  make: () => string,
  signal: AbortSignal,
): Promise<string> {
  const context = keys.hostKey.key(ALGORITHM);
  const kept = await registry.get(keys.hostKey, [ALGORITHM], signal);
  if (kept) return vault.open(kept.value, context);
  const fresh = put(keys.hostKey, [ALGORITHM], vault.seal(make(), context));
  // Another builder may be as quick: whoever comes second takes the key of the first.
  await registry.commit([absent(keys.hostKey, [ALGORITHM])], [fresh], signal);
  const held = await registry.get(keys.hostKey, [ALGORITHM], signal);
  if (!held) throw new DeisError('unavailable', 'The host key could not be kept.');
  return vault.open(held.value, context);
}
