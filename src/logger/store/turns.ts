// One after the other: work that must not overlap, in the order it was asked for.

/** `take(work)` waits for all work taken before it, well or badly ended. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
