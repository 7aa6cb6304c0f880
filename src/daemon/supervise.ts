// Keeps one part of a daemon going: a part that fails is started again, and takes no other part down with it.

import { toDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** A part that ran this long has recovered: its next failure counts as the first, ms. */
const RECOVERED_MS = 60_000;

export interface Surroundings {
  clock: Clock;
  log: Log;
}

/** Runs `work` until the signal aborts; `work` that ends before, well or badly, is run again after a growing pause. */
export async function supervise(
  part: string,
  work: (signal: AbortSignal) => Promise<unknown>,
  { clock, log }: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const began = clock.monotonic();
    try {
      await work(signal);
      if (signal.aborted) return;
      log.warn('part ended by itself', { part });
    } catch (error) {
      if (signal.aborted) return;
      const problem = toDeisError(error);
      log.error('part failed', {
        part,
        code: problem.code,
        error: problem.message,
        ...(problem.code === 'internal' && problem.stack ? { stack: problem.stack } : {}),
      });
    }
    if (clock.monotonic() - began > RECOVERED_MS) failures = 0;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
    failures += 1;
    try {
      await clock.sleep(pause, signal);
    } catch {
      return; // told to end while resting
    }
  }
}
