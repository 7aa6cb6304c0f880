// What destroyed apps leave behind here and in the store, and what builds of an earlier life left on the disk.

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ifMissing } from '../model/missing.ts';
import { keys } from '../registry/keys.ts';
import { type Registry, remove, unchanged } from '../registry/registry.ts';
import { caches, ownerOf, repositories, workplaces } from './rooms.ts';

/** Before any push runs. */
export async function clearWork(state: string): Promise<void> {
  await rm(workplaces(state), { recursive: true, force: true });
}

/**
 * Removes what destroyed apps left; answers the paths. Only a grave proves that an app was destroyed: after a loss of the store
 * everything stays. Rooms first, then the apps: a new app's room is never taken for an old one.
 */
export async function sweepGone(
  registry: Registry,
  state: string,
  signal: AbortSignal,
): Promise<string[]> {
  const folders = [repositories(state), caches(state)];
  const found = await Promise.all(
    folders.map((folder) => readdir(folder).catch(ifMissing<string[]>([]))),
  );
  const [logs, pushed] = await Promise.all([
    registry.list(keys.buildLogs, [], signal),
    registry.list(keys.pushedRefs, [], signal),
  ]);
  const isGone = await destroyedApps(registry, signal);
  const stale = folders.flatMap((folder, index) =>
    found[index]!.filter((name) => isGone(ownerOf(name))).map((name) => join(folder, name)),
  );
  await Promise.all(stale.map((path) => rm(path, { recursive: true, force: true })));
  for (const { ids, modRevision } of logs.items) {
    if (!isGone({ uuid: ids[0]! })) continue;
    await registry.commit(
      [unchanged(keys.buildLogs, ids, modRevision)],
      [remove(keys.buildLogs, ids)],
      signal,
    );
  }
  for (const { ids, value, modRevision } of pushed.items) {
    if (!isGone({ app: ids[0]!, uuid: value.uuid })) continue;
    await registry.commit(
      [unchanged(keys.pushedRefs, ids, modRevision)],
      [remove(keys.pushedRefs, ids)],
      signal,
    );
  }
  return stale;
}

interface Owner {
  /** Absent where only the uuid is known. */
  app?: string;
  uuid: string;
}

/** Graves first, then the apps: who was made anew in between is not gone. */
async function destroyedApps(
  registry: Registry,
  signal: AbortSignal,
): Promise<(owner: Owner) => boolean> {
  const graves = await registry.list(keys.graves, [], signal);
  const apps = await registry.list(keys.apps, [], signal);
  const living = new Set(apps.items.map(({ value }) => value.uuid));
  const names = new Set(graves.items.map(({ value }) => value.app));
  const uuids = new Set(graves.items.map(({ value }) => value.uuid));
  // A grave covers earlier apps of its name too: it was written over when the next one went.
  return ({ app, uuid }) =>
    !living.has(uuid) && (uuids.has(uuid) || (app !== undefined && names.has(app)));
}
