// Whose key it is.

import { createHash } from 'node:crypto';
import type { OfferedKey } from '../ports/ssh.ts';
import { keys } from '../registry/keys.ts';
import type { Registry } from '../registry/registry.ts';

/** The user who added this key and may still log in. */
export async function userOf(
  registry: Registry,
  { blob }: OfferedKey,
  signal: AbortSignal,
): Promise<string | undefined> {
  const sha256 = createHash('sha256').update(blob).digest('hex');
  const key = await registry.get(keys.publicKeys, [sha256], signal);
  if (!key) return undefined;
  const user = await registry.get(keys.users, [key.value.owner], signal);
  return user?.value.isActive ? user.value.username : undefined;
}

/** MD5 with colons, as `deis keys:list` and Deis v1 show it. */
export function fingerprint({ blob }: OfferedKey): string {
  const hex = createHash('md5').update(blob).digest('hex');
  return hex.match(/../g)!.join(':');
}
