// An app's logins at registries of other people, sealed for the store and opened for use. Passwords are never shown nor logged.

import { z } from 'zod';
import type { RegistryLogins } from '../../model/registry-login.ts';
import type { Vault } from '../../ports/vault.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';

const shape = z.record(
  z.string(),
  z.object({
    username: z.string().optional(),
    password: z.string().optional(),
    plain: z.boolean().optional(),
  }),
) as z.ZodType<RegistryLogins>;

/** With the revision that fences a write; 0 when there is no record. */
export async function readLogins(
  { registry, vault }: { registry: Registry; vault: Vault },
  app: string,
  signal: AbortSignal,
): Promise<{ logins: RegistryLogins; revision: number }> {
  const found = await registry.get(keys.registryLogins, [app], signal);
  if (!found) return { logins: {}, revision: 0 };
  const text = vault.open(found.value, keys.registryLogins.key(app));
  return { logins: shape.parse(JSON.parse(text)), revision: found.modRevision };
}

export function sealLogins(vault: Vault, app: string, logins: RegistryLogins): string {
  return vault.seal(JSON.stringify(logins), keys.registryLogins.key(app));
}
