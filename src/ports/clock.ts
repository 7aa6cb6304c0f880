// Time as a port, so that rules about time can be tested without waiting.

export interface Clock {
  /** Wall clock in ms since the epoch: for people and records only. */
  now(): number;
  /** Monotonic ms: for every rule about durations. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
