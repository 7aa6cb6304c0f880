// How long a job of the service manager may hold its place in the line; it goes on outside, and nobody waits behind it.

import { type Clock, rest } from '../ports/clock.ts';
import type { JobOutcome } from '../ports/unit-manager.ts';

/** A job may take as long as an image, or a pause between crashes, takes: then the manager's signals tell the rest. */
export async function orPending(
  clock: Clock,
  ms: number,
  job: (signal: AbortSignal) => Promise<JobOutcome>,
  signal: AbortSignal,
): Promise<JobOutcome | 'pending'> {
  const enough = new AbortController();
  const done = new AbortController();
  const limit = clock.sleep(ms, AbortSignal.any([signal, done.signal])).then(
    () => enough.abort(),
    () => undefined,
  );
  try {
    return await job(AbortSignal.any([signal, enough.signal]));
  } catch (error) {
    if (signal.aborted || !enough.signal.aborted) throw error;
    return 'pending';
  } finally {
    done.abort();
    await limit;
  }
}

/** Resolves when the job has ended, well or badly, or the time is over. */
export async function atMost(
  ms: number,
  job: Promise<unknown>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const over = rest(clock, ms, AbortSignal.any([signal, done.signal]));
  const ended = job.then(
    () => undefined,
    () => undefined,
  );
  await Promise.race([ended, over]);
  done.abort();
}
