// The logs of nginx stay small: a grown one is put aside, and nginx opens a new one.

import { rename, stat } from 'node:fs/promises';
import { type Clock, rest } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

const EVERY_MS = 30_000;
const LARGEST_BYTES = 64 * 1024 * 1024;

/** Keeps each of `files` and one older `<file>.1` until the signal aborts. `reopen` tells nginx (its SIGUSR1). */
export async function keepLogsSmall(
  files: readonly string[],
  reopen: () => void,
  clock: Clock,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const grown = await Promise.all(files.map((file) => putAside(file)));
      if (grown.some(Boolean)) reopen();
    } catch (error) {
      log.warn('could not rotate a log', { error: String(error) });
    }
    await rest(clock, EVERY_MS, signal);
  }
}

async function putAside(file: string): Promise<boolean> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0, // not written yet
  );
  if (size < LARGEST_BYTES) return false;
  await rename(file, `${file}.1`);
  return true;
}
