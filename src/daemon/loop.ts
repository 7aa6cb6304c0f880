// One loop for all services: now, on a hint, or after a while; never twice at once; failure means wait longer.

import { toDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

export interface LoopOptions {
  name: string;
  /** One pass: sense, decide, act. May ask to be woken sooner than `every` by returning ms. */
  pass: (signal: AbortSignal) => Promise<number | void>;
  /** Longest time between two passes, ms. */
  every: number;
  /** Shortest time between the starts of two passes, ms: coalesces hints. */
  atLeast?: number;
  clock: Clock;
  log: Log;
}

const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 10_000;

/** `hint()` any time, from anywhere; `run(signal)` once. */
export class Loop {
  readonly #options: LoopOptions;
  #hinted = true;
  #wake: (() => void) | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** Arrow, so that it can be handed out as a callback. */
  readonly hint = (): void => {
    this.#hinted = true;
    this.#wake?.();
  };

  /** Runs passes until the signal aborts; a failed pass is logged and tried again after a growing pause. */
  async run(signal: AbortSignal): Promise<void> {
    const { name, pass, every, atLeast = 0, clock, log } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      this.#hinted = false;
      const started = clock.monotonic();
      let pause = every;
      try {
        pause = (await pass(signal)) ?? every;
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        const problem = toDeisError(error);
        pause = Math.min(FIRST_BACKOFF_MS * 2 ** failures, LONGEST_BACKOFF_MS);
        failures += 1;
        log.warn('pass failed', {
          loop: name,
          code: problem.code,
          error: problem.message,
          retry_ms: pause,
          ...(problem.code === 'internal' && problem.stack ? { stack: problem.stack } : {}),
        });
        await this.#rest(pause, signal, false);
        continue;
      }
      const spent = clock.monotonic() - started;
      if (atLeast > spent) await this.#rest(atLeast - spent, signal, false);
      await this.#rest(pause, signal, true);
    }
  }

  /** Sleeps `ms`; if `wakeable`, a hint (also one that came during the pass) ends it. */
  async #rest(ms: number, signal: AbortSignal, wakeable: boolean): Promise<void> {
    if (signal.aborted || (wakeable && this.#hinted)) return;
    const nap = new AbortController();
    if (wakeable) this.#wake = () => nap.abort();
    try {
      await this.#options.clock.sleep(ms, AbortSignal.any([signal, nap.signal]));
    } catch (error) {
      if (!nap.signal.aborted && !signal.aborted) throw error;
    } finally {
      this.#wake = undefined;
    }
  }
}
