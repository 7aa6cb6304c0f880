// Where the platform's image registry answers: the replicas that agents have published.

import { keys } from '../registry/keys.ts';
import type { Registry } from '../registry/registry.ts';

/** The route that units/deis-registry@.service is published under. */
export const REGISTRY_ROUTE = 'deis-registry';

/** `host:port` of each, in a stable order. */
export async function liveReplicas(registry: Registry, signal: AbortSignal): Promise<string[]> {
  const { items } = await registry.list(keys.services, [REGISTRY_ROUTE], signal);
  return [...new Set(items.map(({ value }) => value.trim()))].sort();
}
