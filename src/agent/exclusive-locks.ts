// Units that must never run twice: each runs only while it holds its lock in the store, and is down before the lock can pass.

import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { acquireLock, type HeldLock } from '../registry/lock.ts';
import type { Registry } from '../registry/registry.ts';
import type { Unit } from './unit.ts';

export interface ExclusiveLocksOptions {
  registry: Registry;
  /** Id of this machine. */
  machine: string;
  clock: Clock;
  log: Log;
  hint: () => void;
}

/** How long a step waits for a lock before it is tried again later, ms. */
const PATIENCE_MS = 3000;
/** Beyond the time the unit needs to stop: for noticing, and for systemd's own work, s. */
const NOTICE_S = 2;
/** How long the store may be away before an exclusive unit has to stop, s. */
const AWAY_S = 15;

export class ExclusiveLocks {
  readonly #options: ExclusiveLocksOptions;
  readonly #held = new Map<string, HeldLock>();

  constructor(options: ExclusiveLocksOptions) {
    this.#options = options;
  }

  /** After a restart of ours the lock is still this machine's: it is simply taken up again. */
  async take(unit: Unit, signal: AbortSignal): Promise<void> {
    if (this.#held.has(unit.name)) return;
    const { machine, hint, ...options } = this.#options;
    const margin = (unit.prepared?.stopLimit ?? 0) + NOTICE_S;
    const lock = await acquireLock(
      {
        ...options,
        name: `units/${unit.name}`,
        holder: machine,
        ttl: margin + AWAY_S,
        margin: margin * 1000,
        patience: PATIENCE_MS,
      },
      signal,
    );
    this.#held.set(unit.name, lock);
    unit.lockLost = false;
    unit.locked = true;
    lock.lost.addEventListener(
      'abort',
      () => {
        if (this.#held.get(unit.name) !== lock) return;
        this.#held.delete(unit.name);
        unit.lockLost = true;
        unit.locked = false;
        options.log.warn('lost the lock of an exclusive unit', { unit: unit.name });
        hint();
      },
      { once: true },
    );
  }

  /** After it has stopped. Not having it is fine. */
  async giveBack(unit: Unit): Promise<void> {
    const lock = this.#held.get(unit.name);
    this.#held.delete(unit.name);
    unit.locked = false;
    await lock?.release();
  }
}
