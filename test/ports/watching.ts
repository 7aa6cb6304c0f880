// An observer that rebuilds the state from what a watch tells, and waits for it to become what a test expects.

import { setTimeout as delay } from 'node:timers/promises';
import type { Change, Snapshot, Store, WatchObserver } from '../../src/ports/store.ts';

export class Watching implements WatchObserver {
  readonly state = new Map<string, string>();
  readonly heard: string[] = [];
  /** Every change that was told as a change, in order. */
  readonly seen: Change[] = [];
  revision = 0;
  connected = false;
  snapshots = 0;
  breaks = 0;
  readonly #ending = new AbortController();
  readonly #ended: Promise<void>;

  constructor(store: Store, prefix: string) {
    this.#ended = store.watch(prefix, this, this.#ending.signal);
  }

  snapshot({ revision, entries }: Snapshot): void {
    this.heard.push('snapshot');
    this.snapshots += 1;
    this.state.clear();
    for (const { key, value } of entries) this.state.set(key, value);
    this.revision = revision;
    this.connected = true;
  }

  changes(changes: Change[], revision: number): void {
    for (const change of changes) {
      if (change.kind === 'put') {
        this.heard.push(`put ${change.entry.key}=${change.entry.value}`);
        this.state.set(change.entry.key, change.entry.value);
      } else {
        this.heard.push(`delete ${change.key}`);
        this.state.delete(change.key);
      }
      this.seen.push(change);
    }
    if (changes.length === 0) this.heard.push('current');
    this.revision = revision;
    this.connected = true;
  }

  interrupted(): void {
    this.heard.push('interrupted');
    this.breaks += 1;
    this.connected = false;
  }

  /** Resolves with the ms it took; throws after `within` ms. */
  async until(what: string, holds: () => boolean, within = 5000): Promise<number> {
    const began = performance.now();
    while (!holds()) {
      if (performance.now() - began > within) {
        throw new Error(
          `not within ${within} ms: ${what}; heard ${this.heard.slice(-8).join(', ')}`,
        );
      }
      await delay(10);
    }
    return performance.now() - began;
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await this.#ended;
  }
}
