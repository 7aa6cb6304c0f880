// Pushes and the sweep exclude each other: a sweep between a layer and its manifest would take the layer away.

import type { Clock } from '../ports/clock.ts';

/** `pass` around everything that writes; `alone` for the sweep. */
export class Gate {
  readonly #clock: Clock;
  #inside = 0;
  #lastLeft = -Infinity;
  #closed: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits while a sweep runs, then runs `work`. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    while (this.#closed) await this.#closed;
    this.#inside += 1;
    try {
      return await work();
    } finally {
      this.#inside -= 1;
      this.touch();
    }
  }

  /** Somebody is in the middle of a push, between two writes. */
  touch(): void {
    this.#lastLeft = this.#clock.monotonic();
  }

  /** Runs `work` while nobody else is inside; answers false, without running it, unless nobody has been for `quiet` ms. */
  async alone(quiet: number, work: () => Promise<void>): Promise<boolean> {
    const isQuiet = this.#clock.monotonic() - this.#lastLeft >= quiet;
    if (this.#inside > 0 || !isQuiet || this.#closed) return false;
    const over = Promise.withResolvers<void>();
    this.#closed = over.promise;
    try {
      await work();
    } finally {
      this.#closed = undefined;
      over.resolve();
    }
    return true;
  }
}
