// A unit's upstream in the store: `services/<app>/<unit>` = `host:port`. Written by the machine that serves it, taken away before it stops.

import { DeisError, isDeisError } from '../model/errors.ts';
import { parseContainerName } from '../model/ids.ts';
import type { Condition, Entry } from '../ports/store.ts';
import { keys } from '../registry/keys.ts';
import { listing, put, remove, unchanged } from '../registry/registry.ts';
import type { Fenced } from './fence.ts';
import type { Upstream } from './view.ts';

/** So often others may come in between. */
const ATTEMPTS = 5;

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
  also: Condition[] = [],
): Promise<Withdrawn> {
  const { app, unit, address } = serving;
  const entry = await fenced.registry.store.get(keys.services.key(app, unit), signal);
  const ours = entry?.value === address;
  const { applied, revision, reads } = await fenced.commit(
    [unchanged(keys.services, [app, unit], entry?.modRevision ?? 0), ...also],
    ours ? [remove(keys.services, [app, unit])] : [],
    signal,
    [keys.routerAlive.under()],
  );
  if (!applied) throw changedMeanwhile(serving);
  const since = entry && !ours ? entry.modRevision : revision;
  return { upstream: { app, address, revision: since }, routers: machinesOf(reads[0] ?? []) };
}

/**
 * The same, but the app's last upstream stays: then undefined. Another one must be there in the very transaction, so that
 * of several that fail at the same moment one is left.
 */
export async function withdrawUnlessLast(
  fenced: Fenced,
  serving: Serving,
  signal: AbortSignal,
): Promise<Withdrawn | undefined> {
  const { app, unit } = serving;
  for (let attempt = 1; ; attempt += 1) {
    const { entries } = await fenced.registry.store.list(keys.services.under(app), signal);
    const other = entries.find(({ key }) => key !== keys.services.key(app, unit));
    if (!other) return undefined;
    const still = unchanged(keys.services, keys.services.ids(other.key)!, other.modRevision);
    try {
      return await withdraw(fenced, serving, signal, [still]);
    } catch (error) {
      if (!isDeisError(error, 'conflict') || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Are other containers that get the app's requests to run, here or elsewhere? */
export async function isOneOfSeveral(
  { registry }: Fenced,
  { app, unit }: Serving,
  signal: AbortSignal,
): Promise<boolean> {
  const prefix = `${keys.appUnits.under()}${app}_v`;
  const { entries, revision } = await registry.store.list(prefix, signal);
  return listing(keys.appUnits, entries, revision).items.some(
    ({ ids, value }) =>
      ids[0] !== unit &&
      value.desired === 'launched' &&
      value.process?.routed === true &&
      parseContainerName(value.name)?.app === app,
  );
}

function machinesOf(entries: Entry[]): string[] {
  return entries.flatMap(({ key }) => keys.routerAlive.ids(key) ?? []);
}

function changedMeanwhile({ app, unit }: Serving): DeisError {
  return new DeisError('conflict', `the upstream ${app}/${unit} was changed at the same moment`);
}
