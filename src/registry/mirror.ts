// A local copy of one key family (or part of it), kept up to date by a watch. Services read it; what changes is only a hint.

import type { Change, Entry, Snapshot, Store, WatchObserver } from '../ports/store.ts';
import type { KeyFamily } from './family.ts';
import { type Held, held } from './registry.ts';

/**
 * `start()` once with a signal that ends it. `onHint` is called after every change, gap and break; it carries no news.
 * Nothing here throws for a sick store: look at `connected` and `breaks`.
 */
export class Mirror<T> {
  /** Store revision up to which this copy is complete; 0 before the first snapshot. */
  revision = 0;
  /** False from a break of the stream until it delivers again. */
  connected = false;
  /** How often the stream broke: compare it with an earlier value to know whether a change may have been seen late. */
  breaks = 0;
  /** Values that could not be read, by key, with the reason. */
  readonly malformed = new Map<string, string>();

  readonly #family: KeyFamily<T>;
  readonly #under: string;
  readonly #items = new Map<string, Held<T>>();
  readonly #ready = Promise.withResolvers<void>();

  constructor(family: KeyFamily<T>, ids: string[] = []) {
    this.#family = family;
    this.#under = family.under(...ids);
  }

  /** Resolves when the signal ends the watch. */
  start(store: Store, onHint: () => void, signal: AbortSignal): Promise<void> {
    const observer: WatchObserver = {
      snapshot: (snapshot) => this.#replace(snapshot, onHint),
      changes: (changes, revision) => this.#apply(changes, revision, onHint),
      interrupted: () => {
        this.connected = false;
        this.breaks += 1;
        onHint();
      },
    };
    return store.watch(this.#under, observer, signal);
  }

  /** Resolves at the first snapshot. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  items(): Held<T>[] {
    return [...this.#items.values()];
  }

  get(...ids: string[]): Held<T> | undefined {
    return this.#items.get(this.#family.key(...ids));
  }

  get size(): number {
    return this.#items.size;
  }

  #replace(snapshot: Snapshot, onHint: () => void): void {
    this.#items.clear();
    this.malformed.clear();
    for (const entry of snapshot.entries) this.#keep(entry);
    this.revision = snapshot.revision;
    this.connected = true;
    this.#ready.resolve();
    onHint();
  }

  #apply(changes: Change[], revision: number, onHint: () => void): void {
    for (const change of changes) {
      if (change.kind === 'put') this.#keep(change.entry);
      else this.#drop(change.key);
    }
    this.revision = Math.max(this.revision, revision);
    this.connected = true;
    onHint();
  }

  #keep(entry: Entry): void {
    this.malformed.delete(entry.key);
    try {
      const item = held(this.#family, entry);
      if (item) this.#items.set(entry.key, item);
    } catch (error) {
      this.#items.delete(entry.key);
      this.malformed.set(entry.key, error instanceof Error ? error.message : String(error));
    }
  }

  #drop(key: string): void {
    this.#items.delete(key);
    this.malformed.delete(key);
  }
}
