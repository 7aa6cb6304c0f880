// A unit's upstream in the store: `services/<app>/<unit>` = `host:port`. Written by the machine that serves it, taken away before it stops.

import { DeisError } from '../model/errors.ts';
import type { Entry } from '../ports/store.ts';
import { keys } from '../registry/keys.ts';
import { put, remove, unchanged } from '../registry/registry.ts';
import type { Fenced } from './fence.ts';
import type { Upstream } from './view.ts';

export interface Serving {
  app: string;
  unit: string;
  /** `host:port` of this machine. */
  address: string;
}

export type Published =
  | { kind: 'published'; upstream: Upstream }
  /** A replacement on another machine serves it already. */
  | { kind: 'taken-over' };

/** Routers that were alive when an upstream was withdrawn: machine ids. */
export interface Withdrawn {
  upstream: Upstream;
  routers: string[];
}

/**
 * Puts our address there. A retiring unit never overwrites another machine's; any other takes over.
 * Throws DeisError('conflict') when somebody wrote in between: try again.
 */
export async function publish(
  fenced: Fenced,
  serving: Serving,
  retiring: boolean,
  signal: AbortSignal,
): Promise<Published> {
  const { app, unit, address } = serving;
  const entry = await fenced.registry.store.get(keys.services.key(app, unit), signal);
  if (entry?.value === address) {
    return { kind: 'published', upstream: { app, address, revision: entry.modRevision } };
  }
  if (entry && retiring) return { kind: 'taken-over' };
  const { applied, revision } = await fenced.commit(
    [unchanged(keys.services, [app, unit], entry?.modRevision ?? 0)],
    [put(keys.services, [app, unit], address)],
    signal,
  );
  if (!applied) throw changedMeanwhile(serving);
  return { kind: 'published', upstream: { app, address, revision } };
}

/**
 * Takes our address away and reads, at the same revision, which routers may know it. If another machine has taken the
 * upstream over, its value stays: routers ceased to send here at the revision that put it there.
 * Throws DeisError('conflict') when somebody wrote in between: try again.
 */
export async function withdraw(
  fenced: Fenced,
  serving: Serving,
  signal: AbortSignal,
): Promise<Withdrawn> {
  const { app, unit, address } = serving;
  const entry = await fenced.registry.store.get(keys.services.key(app, unit), signal);
  const ours = entry?.value === address;
  const { applied, revision, reads } = await fenced.commit(
    [unchanged(keys.services, [app, unit], entry?.modRevision ?? 0)],
    ours ? [remove(keys.services, [app, unit])] : [],
    signal,
    [keys.routerAlive.under()],
  );
  if (!applied) throw changedMeanwhile(serving);
  const since = entry && !ours ? entry.modRevision : revision;
  return { upstream: { app, address, revision: since }, routers: machinesOf(reads[0] ?? []) };
}

/** Does any other upstream of the app exist? The last one is not withdrawn because a check fails. */
export async function hasOthers(
  fenced: Fenced,
  { app, unit }: Serving,
  signal: AbortSignal,
): Promise<boolean> {
  const { items } = await fenced.registry.list(keys.services, [app], signal);
  return items.some(({ ids }) => ids[1] !== unit);
}

function machinesOf(entries: Entry[]): string[] {
  return entries.flatMap(({ key }) => keys.routerAlive.ids(key) ?? []);
}

function changedMeanwhile({ app, unit }: Serving): DeisError {
  return new DeisError('conflict', `the upstream ${app}/${unit} was changed at the same moment`);
}
