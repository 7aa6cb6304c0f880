// Which apps somebody pushes to right now: what their builds make is named by no release yet, so garbage leaves it alone.

import { keys } from './keys.ts';
import type { Registry } from './registry.ts';

const PUSH = 'push';

/** Name of the lock that a push of the app holds from before its build until its release is made, or refused. */
export const pushLock = (app: string): string => `${PUSH}/${app}`;

/** Read before builds and releases: a push that has ended by then has left its release there. */
export async function appsInPush(registry: Registry, signal: AbortSignal): Promise<Set<string>> {
  const { items } = await registry.list(keys.locks, [PUSH], signal);
  return new Set(items.map(({ ids: [name = ''] }) => name.slice(PUSH.length + 1)));
}
