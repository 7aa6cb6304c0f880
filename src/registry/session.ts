// The life of an agent or a router in the store: a leased key that says "I am here", registered again whenever it is lost.

import { toDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Condition } from '../ports/store.ts';
import type { KeyFamily } from './family.ts';
import {
  type Claimed,
  claim,
  keep,
  type Keeping,
  type LeaseOptions,
  revoke,
  slept,
} from './lease.ts';
import { type Registry, stillCreatedAt } from './registry.ts';

export interface SessionOptions<T> {
  registry: Registry;
  family: KeyFamily<T>;
  ids: string[];
  /** Asked at each registration. */
  value: () => T;
  /** Seconds; 9 by default. */
  ttl?: number;
  /** Ms between the starts of two renewals; 2000 by default. */
  every?: number;
  /** Delete the key at the end instead of letting it expire: for who leaves for good, not for who restarts. */
  revokeOnEnd?: boolean;
  clock: Clock;
  log: Log;
}

/** One registration. Every write that belongs to it carries `fence`. */
export interface Life {
  createRevision: number;
  lease: string;
  fence: Condition;
  /** Aborts when the registration is over or, by the local clock, may be. */
  lost: AbortSignal;
}

const DEFAULT_TTL = 9;
const DEFAULT_EVERY_MS = 2000;
/** Between two tries to register, ms. A try against a silent store takes longer by itself. */
const RETRY_MS = 500;

/** `run` once. A key of an earlier life of the same ids is taken over at once: ids belong to one process at a time. */
export class Session<T> {
  readonly #options: SessionOptions<T>;
  #life: (Life & { keeping: Keeping }) | undefined;

  constructor(options: SessionOptions<T>) {
    this.#options = options;
  }

  /** The present registration; undefined while there is none, or it may be over. */
  current(): Life | undefined {
    return this.#life?.lost.aborted ? undefined : this.#life;
  }

  /** A write was refused, or the key was seen to be gone: look now whether the session still stands. */
  doubt(): void {
    this.#life?.keeping.doubt();
  }

  /** Registers, renews and registers again until the signal aborts. `onChange` is a hint after each begin and loss. */
  async run(onChange: () => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const claimed = await this.#register(signal);
      if (!claimed) return;
      const keeping = keep(this.#lease(), claimed, signal);
      const { createRevision, lease } = claimed;
      const { family, ids, log } = this.#options;
      const fence = stillCreatedAt(family, ids, createRevision);
      this.#life = { createRevision, lease, fence, lost: keeping.lost, keeping };
      log.info('session began', { key: family.key(...ids), revision: createRevision });
      onChange();
      await keeping.ended;
      if (signal.aborted) break;
      this.#life = undefined;
      log.warn('session lost', { reason: toDeisError(keeping.lost.reason).message });
      onChange();
    }
    if (this.#options.revokeOnEnd && this.#life) await revoke(this.#lease(), this.#life.lease);
    this.#life = undefined;
  }

  /** Until it succeeds; undefined when the signal aborted. */
  async #register(signal: AbortSignal): Promise<Claimed | undefined> {
    const { clock, log } = this.#options;
    let told = false;
    for (;;) {
      try {
        const claimed = await claim(this.#lease(), () => 'replace', signal);
        if (claimed) return claimed;
      } catch (error) {
        if (signal.aborted) return undefined;
        const { code, message } = toDeisError(error);
        // Once per outage, not once per try.
        if (!told) log.warn('could not register', { code, error: message });
        told = true;
      }
      if (!(await slept(clock, RETRY_MS, signal))) return undefined;
    }
  }

  #lease(): LeaseOptions {
    const { registry, family, ids, value, clock, log } = this.#options;
    const { ttl = DEFAULT_TTL, every = DEFAULT_EVERY_MS } = this.#options;
    const { store } = registry;
    return {
      store,
      key: family.key(...ids),
      value: () => family.encode(value()),
      ttl,
      every,
      clock,
      log,
    };
  }
}
