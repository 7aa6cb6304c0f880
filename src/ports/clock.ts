// Time as a port, so that rules about time can be tested without waiting.

export interface Clock {
  /** Wall clock in ms since the epoch: for people and records only. */
  now(): number;
  /** Monotonic ms: for every rule about durations. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** For loops that look at the signal themselves: resolves after `ms`, or as soon as the signal is aborted. */
export async function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
