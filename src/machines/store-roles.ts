// Each component's certificate writes its own keys only: the table of registry/roles.ts, brought into the store of a cluster.

import type { EtcdTls } from '../adapters/etcd-member.ts';
import { ensureRoles } from '../adapters/etcd-roles.ts';
import { isDeisError } from '../model/errors.ts';
import { keys } from '../registry/keys.ts';
import { type Registry, put } from '../registry/registry.ts';
import { OPERATOR, ROLES_DIGEST, STORE_ROLES } from '../registry/roles.ts';

const RECORD = ['table'];

export interface RolesAt {
  endpoints: string[];
  tls: EtcdTls;
  registry: Registry;
}

/**
 * May be called again, also while the cluster works. False: roles are in force, and the certificate is not that of an operator, who
 * alone may change them. Throws DeisError 'unavailable'.
 */
export async function ensureStoreRoles(
  { endpoints, tls, registry }: RolesAt,
  signal: AbortSignal,
): Promise<boolean> {
  const roles = STORE_ROLES.map(({ component: name, writes }) => ({ name, writes }));
  try {
    await ensureRoles({ endpoints, tls }, roles, OPERATOR, signal);
  } catch (error) {
    if (isDeisError(error, 'forbidden')) return false;
    throw error;
  }
  if (!(await rolesAreOurs(registry, signal))) {
    await registry.commit([], [put(keys.storeRoles, RECORD, ROLES_DIGEST)], signal);
  }
  return true;
}

/** Those that were brought last are those of this version. */
export async function rolesAreOurs(registry: Registry, signal: AbortSignal): Promise<boolean> {
  const record = await registry.get(keys.storeRoles, RECORD, signal);
  return record?.value === ROLES_DIGEST;
}
