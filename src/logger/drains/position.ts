// How far a drain has sent each app's text, and how far back to go when its connection breaks.

/** What was sent so shortly before a break is sent again: nobody knows whether it arrived, ms. */
const DOUBT_MS = 1000;

interface Sent {
  app: string;
  from: number;
  at: number;
}

export class Position {
  readonly #offsets: Map<string, number>;
  #recent: Sent[] = [];

  constructor(offsets: Readonly<Record<string, number>>) {
    this.#offsets = new Map(Object.entries(offsets));
  }

  get(app: string): number {
    return this.#offsets.get(app) ?? 0;
  }

  /** Everything before `to` was sent. `now`: monotonic ms. */
  sent(app: string, to: number, now: number): void {
    this.#recent = this.#recent.filter(({ at }) => now - at <= DOUBT_MS);
    this.#recent.push({ app, from: this.get(app), at: now });
    this.#offsets.set(app, to);
  }

  /** The connection broke. */
  broken(now: number): void {
    for (const { app, from, at } of this.#recent) {
      if (now - at <= DOUBT_MS) this.#offsets.set(app, Math.min(this.get(app), from));
    }
    this.#recent = [];
  }

  /** The connection was closed in good order: all of it arrived. */
  settled(): void {
    this.#recent = [];
  }

  forget(app: string): void {
    this.#offsets.delete(app);
    this.#recent = this.#recent.filter((sent) => sent.app !== app);
  }

  toRecord(): Record<string, number> {
    return Object.fromEntries(this.#offsets);
  }
}
