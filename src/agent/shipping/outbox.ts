// Lines that were read and not yet handed over: a bounded number, so that a slow logger slows the reading down and fills no memory.

import type { JournalPlace, ShippedLine } from '../../model/shipped.ts';

export interface Parcel {
  lines: ShippedLine[];
  /** Where the last entry that was read for it ended. */
  place: JournalPlace;
}

/** What a line weighs besides its text, bytes. */
const LINE = 100;

/** One reader puts, one sender takes. */
export class Outbox {
  readonly #most: { bytes: number; lines: number };
  #lines: ShippedLine[] = [];
  #bytes = 0;
  #place: JournalPlace | undefined;
  #some = Promise.withResolvers<void>();
  #filled = Promise.withResolvers<void>();
  #taken = Promise.withResolvers<void>();

  /** `most`: of one parcel, and of what waits meanwhile. */
  constructor(most: { bytes: number; lines: number }) {
    this.#most = most;
  }

  get full(): boolean {
    return this.#bytes >= this.#most.bytes || this.#lines.length >= this.#most.lines;
  }

  /** `line` absent: an entry of no interest, which only moves the place. Wait for `taken` before the next one when `full`. */
  put(place: JournalPlace, line: ShippedLine | undefined): void {
    this.#place = place;
    if (!line) return;
    this.#lines.push(line);
    this.#bytes += line.text.length + LINE;
    this.#some.resolve();
    if (this.full) this.#filled.resolve();
  }

  /** Resolves when there is something to take. */
  some(): Promise<void> {
    return this.#some.promise;
  }

  filled(): Promise<void> {
    return this.#filled.promise;
  }

  taken(): Promise<void> {
    return this.#taken.promise;
  }

  take(): Parcel | undefined {
    if (this.#lines.length === 0 || !this.#place) return undefined;
    const parcel = { lines: this.#lines, place: this.#place };
    this.#lines = [];
    this.#bytes = 0;
    this.#some = Promise.withResolvers();
    this.#filled = Promise.withResolvers();
    this.#taken.resolve();
    this.#taken = Promise.withResolvers();
    return parcel;
  }
}
