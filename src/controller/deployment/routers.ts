// The routers that are alive and what each has confirmed, read at one revision of the store.

import { keys } from '../../registry/keys.ts';
import { type Registry, listing } from '../../registry/registry.ts';

export interface LiveRouter {
  /** Machine id. */
  machine: string;
  /** Store revision of the endpoints that all its workers choose from; 0 when it has confirmed none. */
  endpoints: number;
}

/**
 * One that registers later needs no waiting for: a router opens its doors only after it applied the revision it
 * registered at (DESIGN §10).
 */
export async function readRouters(registry: Registry, signal: AbortSignal): Promise<LiveRouter[]> {
  const { revision, reads } = await registry.commit([], [], signal, [
    keys.routerAlive.under(),
    keys.routerApplied.under(),
  ]);
  const applied = new Map(
    listing(keys.routerApplied, reads[1] ?? [], revision).items.map(({ ids, value }) => [
      ids[0],
      value.endpoints,
    ]),
  );
  return listing(keys.routerAlive, reads[0] ?? [], revision).items.map(({ ids }) => ({
    machine: ids[0]!,
    endpoints: applied.get(ids[0]) ?? 0,
  }));
}
