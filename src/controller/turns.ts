// Whoever changes the same app through this controller waits in line, so that two hundred do not all ask the store at once.
// Between controllers the store decides: a line here only saves work.

import { type Clock, rest } from '../ports/clock.ts';

export class Turns {
  readonly #clock: Clock;
  /** By name: who is in line, the first has the turn. */
  readonly #lines = new Map<string, (() => void)[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Resolves with what gives the turn back, to be called exactly once; with undefined when it did not come within `ms`.
   * Throws the signal's reason when it aborts.
   */
  async take(name: string, ms: number, signal: AbortSignal): Promise<(() => void) | undefined> {
    signal.throwIfAborted();
    const line = this.#lines.get(name) ?? [];
    this.#lines.set(name, line);
    const come = new AbortController();
    const place = (): void => come.abort();
    line.push(place);
    if (line[0] !== place) {
      await rest(this.#clock, ms, AbortSignal.any([signal, come.signal]));
    }
    const giveBack = (): void => this.#leave(name, line, place);
    if (line[0] === place && !signal.aborted) return giveBack;
    giveBack();
    signal.throwIfAborted();
    return undefined;
  }

  #leave(name: string, line: (() => void)[], place: () => void): void {
    const index = line.indexOf(place);
    if (index >= 0) line.splice(index, 1);
    if (line.length === 0) this.#lines.delete(name);
    else if (index === 0) line[0]!();
  }
}
