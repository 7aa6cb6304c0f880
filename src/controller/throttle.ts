// How often somebody may try: a bucket per key that refills with time. Each controller counts for itself: a store that all
// of them write at every wrong password would be the better target.

import type { Clock } from '../ports/clock.ts';
import { WireError, detail } from './wire/errors.ts';

export interface Rate {
  /** Tries at once. */
  burst: number;
  /** Seconds after which there is one more. */
  every: number;
}

interface Bucket {
  /** Tries that are used, at `at`. */
  used: number;
  /** Monotonic ms. */
  at: number;
}

/** Keys in memory at most; the oldest are forgotten first. */
const MOST_KEYS = 10_000;

export class Throttle {
  readonly #clock: Clock;
  readonly #rate: Rate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Takes one try. Throws 429, and takes nothing, while there is none. */
  take(key: string): void {
    const used = this.#level(key) + 1;
    const over = used - this.#rate.burst;
    if (over > 0) {
      const seconds = Math.ceil(over * this.#rate.every);
      const text = `Request was throttled. Expected available in ${seconds} seconds.`;
      throw new WireError(429, { detail: text }, { 'Retry-After': String(seconds) });
    }
    this.#keep(key, used);
  }

  /** Gives one try back: it was none that counts. */
  giveBack(key: string): void {
    const used = this.#level(key) - 1;
    if (used > 0) this.#keep(key, used);
    else this.#buckets.delete(key);
  }

  #keep(key: string, used: number): void {
    this.#buckets.delete(key);
    this.#buckets.set(key, { used, at: this.#clock.monotonic() });
    if (this.#buckets.size <= MOST_KEYS) return;
    const [oldest] = this.#buckets.keys();
    this.#buckets.delete(oldest!);
  }

  #level(key: string): number {
    const bucket = this.#buckets.get(key);
    if (!bucket) return 0;
    const refilled = (this.#clock.monotonic() - bucket.at) / 1000 / this.#rate.every;
    return Math.max(0, bucket.used - refilled);
  }
}

/** Passwords that are hashed or wait for it: each takes 16 MB and a tenth of a second of a core. */
const MOST_HASHES = 200;

/** What is throttled, and how fast. A caller on this machine itself is never throttled, but for the hashes. */
export class Throttles {
  /** Wrong passwords, per user name and caller. */
  readonly guesses: Throttle;
  /** Wrong passwords, per caller. */
  readonly callers: Throttle;
  /** New users, per caller. */
  readonly newcomers: Throttle;
  #hashes = 0;

  constructor(clock: Clock) {
    this.guesses = new Throttle(clock, { burst: 10, every: 10 });
    this.callers = new Throttle(clock, { burst: 50, every: 2 });
    this.newcomers = new Throttle(clock, { burst: 30, every: 20 });
  }

  /** `isRight` answers whether the password was right; a wrong one counts, also while others are being looked at. */
  async guess(from: string, username: string, isRight: () => Promise<boolean>): Promise<boolean> {
    if (isLoopback(from)) return this.hashing(isRight);
    const key = `${from} ${username}`;
    this.callers.take(from);
    this.guesses.take(key);
    const right = await this.hashing(isRight);
    if (right) {
      this.callers.giveBack(from);
      this.guesses.giveBack(key);
    }
    return right;
  }

  /** Throws 503 when so many wait that nobody would be served. */
  async hashing<T>(work: () => Promise<T>): Promise<T> {
    if (this.#hashes >= MOST_HASHES) {
      throw detail(503, 'Too many people sign in at this moment. Try again.');
    }
    this.#hashes += 1;
    try {
      return await work();
    } finally {
      this.#hashes -= 1;
    }
  }

  newcomer(from: string): void {
    if (!isLoopback(from)) this.newcomers.take(from);
  }
}

function isLoopback(address: string): boolean {
  return /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/.test(address);
}
