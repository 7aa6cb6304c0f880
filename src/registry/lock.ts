// Named locks. Holding one is only safe together with its signal, or with its fence in every write.

import { DeisError, toDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Condition } from '../ports/store.ts';
import { keys } from './keys.ts';
import { type Claimed, claim, keep, type LeaseOptions, revoke, slept } from './lease.ts';
import { type Registry, unchanged } from './registry.ts';
import { untilVacant } from './vacancy.ts';

export interface LockOptions {
  registry: Registry;
  name: string;
  /**
   * Who holds it. The same holder gets its lock back at once, without anybody coming between, also after a crash: so
   * two that may be at it at the same time need two names.
   */
  holder: string;
  /** Seconds until another may have it after this holder fell silent; 15 by default. */
  ttl?: number;
  /**
   * `lost` aborts so many ms before the lock can pass to another: the time to stop what must not run twice. 0 by default.
   */
  margin?: number;
  /** How long to wait for it, ms; for ever by default. */
  patience?: number;
  clock: Clock;
  log: Log;
}

export interface HeldLock {
  /** Holds while nobody else has had the lock. */
  fence: Condition;
  /** Aborts when the lock is lost, or will be within `margin`. */
  lost: AbortSignal;
  /** Gives it back. Never throws: at worst it passes on when its lease ends. */
  release(): Promise<void>;
}

const DEFAULT_TTL = 15;
const LONGEST_EVERY_MS = 2000;
const PAUSE_MS = 500;

/**
 * Resolves when the lock is ours. A sick store only makes it wait longer. Throws DeisError('timeout') when `patience` is
 * over, naming the holder if known, DeisError('invalid') for a margin that leaves no time, the signal's reason when it aborts.
 */
export async function acquireLock(options: LockOptions, signal: AbortSignal): Promise<HeldLock> {
  const { patience, ttl = DEFAULT_TTL, margin = 0, name } = options;
  if (margin + LONGEST_EVERY_MS >= ttl * 1000) {
    throw new DeisError('invalid', `The lock ${name} needs a ttl well above its margin.`);
  }
  const waits = new AbortController();
  const waiting = AbortSignal.any([signal, waits.signal]);
  if (patience !== undefined) {
    void slept(options.clock, patience, waiting).then(() => waits.abort());
  }
  try {
    return await claimWhenFree(options, waiting, signal);
  } finally {
    waits.abort();
  }
}

/** Runs `work` while holding the lock; `work` must end when the lock is lost. */
export async function withLock<T>(
  options: LockOptions,
  work: (lock: HeldLock) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const lock = await acquireLock(options, signal);
  try {
    return await work(lock);
  } finally {
    await lock.release();
  }
}

/** `waiting` ends the waiting, `signal` the holding too. */
async function claimWhenFree(
  options: LockOptions,
  waiting: AbortSignal,
  signal: AbortSignal,
): Promise<HeldLock> {
  const { registry, name, clock, log } = options;
  const lease = leaseOf(options);
  let holder = '';
  let told = false;
  while (!waiting.aborted) {
    try {
      const claimed = await claim(
        lease,
        ({ value }) => {
          holder = value;
          return value === lease.value() ? 'adopt' : 'respect';
        },
        waiting,
      );
      if (claimed) return held(options, lease, claimed);
      await untilVacant(registry.store, lease.key, waiting);
    } catch (error) {
      if (waiting.aborted) break;
      const { code, message } = toDeisError(error);
      if (!told) log.warn('could not ask for a lock', { lock: name, code, error: message });
      told = true;
      await slept(clock, PAUSE_MS, waiting);
    }
  }
  signal.throwIfAborted();
  const whose = holder ? `it is held by ${holder}` : 'the store did not answer';
  throw new DeisError('timeout', `Could not get the lock ${name} in time: ${whose}.`, 'Try again.');
}

function held(options: LockOptions, lease: LeaseOptions, claimed: Claimed): HeldLock {
  const ending = new AbortController();
  const keeping = keep(lease, claimed, ending.signal);
  return {
    fence: unchanged(keys.locks, [options.name], claimed.modRevision),
    lost: keeping.lost,
    async release() {
      ending.abort();
      await keeping.ended;
      await revoke(lease, claimed.lease);
    },
  };
}

function leaseOf({
  registry,
  name,
  holder,
  ttl = DEFAULT_TTL,
  ...rest
}: LockOptions): LeaseOptions {
  const { margin = 0, clock, log } = rest;
  const every = Math.min(LONGEST_EVERY_MS, (ttl * 1000 - margin) / 4);
  const key = keys.locks.key(name);
  const value = () => keys.locks.encode(holder);
  return { store: registry.store, key, value, ttl, every, margin, clock, log };
}
