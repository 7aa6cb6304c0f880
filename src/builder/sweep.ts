// What destroyed apps leave behind here and in the store, and what builds of an earlier life left on the disk.

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keys } from '../registry/keys.ts';
import { type Registry, remove, unchanged } from '../registry/registry.ts';
import { caches, repositories, roomName, workplaces } from './rooms.ts';

/** Before any push runs. */
export async function clearWork(state: string): Promise<void> {
  await rm(workplaces(state), { recursive: true, force: true });
}

/** Removes what belongs to no app; answers the names. Rooms first, then the apps: a new app's room is never taken for an old one. */
export async function sweepGone(
  registry: Registry,
  state: string,
  signal: AbortSignal,
): Promise<string[]> {
  const folders = [repositories(state), caches(state)];
  const found = await Promise.all(folders.map((folder) => namesIn(folder)));
  const [logs, pushed] = await Promise.all([
    registry.list(keys.buildLogs, [], signal),
    registry.list(keys.pushedRefs, [], signal),
  ]);
  const { items } = await registry.list(keys.apps, [], signal);
  const names = new Set(items.map(({ value }) => roomName(value.id, value.uuid)));
  const uuids = new Set(items.map(({ value }) => value.uuid));
  const stale = folders.flatMap((folder, index) =>
    found[index]!.filter((name) => !names.has(name.replace(/\.git$/, ''))).map((name) =>
      join(folder, name),
    ),
  );
  await Promise.all(stale.map((path) => rm(path, { recursive: true, force: true })));
  for (const { ids, modRevision } of logs.items.filter(({ ids }) => !uuids.has(ids[0]!))) {
    await registry.commit(
      [unchanged(keys.buildLogs, ids, modRevision)],
      [remove(keys.buildLogs, ids)],
      signal,
    );
  }
  for (const { ids, value, modRevision } of pushed.items) {
    if (uuids.has(value.uuid)) continue;
    await registry.commit(
      [unchanged(keys.pushedRefs, ids, modRevision)],
      [remove(keys.pushedRefs, ids)],
      signal,
    );
  }
  return stale;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
