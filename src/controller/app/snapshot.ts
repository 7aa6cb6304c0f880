// Everything the controller must know of one app to change it, read at one revision of the store.

import type { App, History, Release } from '../../model/app.ts';
import type { Deployment } from '../../model/rollout.ts';
import type { WantedUnit } from '../../model/unit.ts';
import type { Entry } from '../../ports/store.ts';
import type { KeyFamily } from '../../registry/family.ts';
import { keys } from '../../registry/keys.ts';
import { type Held, type Registry, held, listing } from '../../registry/registry.ts';

export interface AppSnapshot {
  revision: number;
  app: Held<App>;
  deployment: Held<Deployment> | undefined;
  history: Held<History> | undefined;
  /** Oldest first. */
  releases: Held<Release>[];
  /** All records, also those that are to go. */
  units: Held<WantedUnit>[];
}

/** Prefix of the records of one app's units: `<app>_v3.web.1.service`. App ids contain no underscore. */
export function unitsOf<T>(family: KeyFamily<T>, app: string): string {
  return `${family.prefix}${app}_v`;
}

/** Undefined when there is no such app. Throws DeisError('internal') when its own records are malformed. */
export async function readApp(
  registry: Registry,
  id: string,
  signal: AbortSignal,
): Promise<AppSnapshot | undefined> {
  const { revision, reads } = await registry.commit([], [], signal, [
    keys.apps.key(id),
    keys.deployments.key(id),
    keys.histories.key(id),
    keys.releases.under(id),
    unitsOf(keys.appUnits, id),
  ]);
  const [apps = [], deployments = [], histories = [], releases = [], units = []] = reads;
  const app = exactly(keys.apps, id, apps);
  if (!app) return undefined;
  return {
    revision,
    app,
    deployment: exactly(keys.deployments, id, deployments),
    history: exactly(keys.histories, id, histories),
    releases: listing(keys.releases, releases, revision).items.sort(
      (a, b) => a.value.version - b.value.version,
    ),
    units: listing(keys.appUnits, units, revision).items,
  };
}

/** A prefix also finds `blog2` for `blog`: only the very key counts. */
export function exactly<T>(
  family: KeyFamily<T>,
  id: string,
  entries: readonly Entry[],
): Held<T> | undefined {
  const entry = entries.find((candidate) => candidate.key === family.key(id));
  return entry && held(family, entry);
}

/** The release that runs: what rollbacks, config changes and lists start from. */
export function liveRelease(snapshot: AppSnapshot): Release {
  const { app, releases } = snapshot;
  const live = releases.find((release) => release.value.version === app.value.release);
  return (live ?? releases[0]!).value;
}

export function lastVersion(snapshot: AppSnapshot): number {
  return snapshot.releases.at(-1)?.value.version ?? 0;
}
