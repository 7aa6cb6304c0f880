// Units that must never run twice: each runs only while it holds its lock in the store, and is down before the lock can pass.

import type { Log } from '../ports/log.ts';
import type { Unit } from './unit.ts';

/** A lock held in the store. `lost` aborts, by the local monotonic clock, early enough to stop the unit before anybody else gets it. */
export interface HeldLock {
  lost: AbortSignal;
  release(): Promise<void>;
}

/** Waits until the lock is ours. */
export type AcquireLock = (name: string, signal: AbortSignal) => Promise<HeldLock>;

export interface ExclusiveLocksOptions {
  acquire: AcquireLock;
  log: Log;
  hint: () => void;
}

export class ExclusiveLocks {
  readonly #options: ExclusiveLocksOptions;
  readonly #held = new Map<string, HeldLock>();

  constructor(options: ExclusiveLocksOptions) {
    this.#options = options;
  }

  has(unit: string): boolean {
    return this.#held.has(unit);
  }

  /** Resolves when the unit may run. */
  async take(unit: Unit, signal: AbortSignal): Promise<void> {
    if (this.#held.has(unit.name)) return;
    const { acquire, log, hint } = this.#options;
    const lock = await acquire(`units/${unit.name}`, signal);
    this.#held.set(unit.name, lock);
    unit.lockLost = false;
    lock.lost.addEventListener(
      'abort',
      () => {
        if (this.#held.get(unit.name) !== lock) return;
        this.#held.delete(unit.name);
        unit.lockLost = true;
        log.warn('lost the lock of an exclusive unit', { unit: unit.name });
        hint();
      },
      { once: true },
    );
  }

  /** After it has stopped. Not having it is fine. */
  async giveBack(unit: string): Promise<void> {
    const lock = this.#held.get(unit);
    this.#held.delete(unit);
    await lock?.release();
  }
}
