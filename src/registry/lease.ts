// A key that is ours while a lease lives: claiming it, keeping it, and knowing by our own clock when it may be another's.

import { DeisError, isDeisError, toDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Entry, Store } from '../ports/store.ts';

export interface LeaseOptions {
  store: Store;
  key: string;
  /** Asked once per claim. */
  value: () => string;
  /** Seconds that the key outlives its holder. */
  ttl: number;
  /** Ms between the starts of two renewals. */
  every: number;
  /** Ms before the end of the lease at which it counts as lost: time to stop what must not run without it. */
  margin?: number;
  clock: Clock;
  log: Log;
}

/** A claim that succeeded; `grantedAt` is monotonic ms of before the lease was asked for. */
export interface Claimed {
  lease: string;
  createRevision: number;
  modRevision: number;
  grantedAt: number;
}

/** How to treat a key that is there already: leave it, delete it and create ours, or put ours over it. */
export type Rival = 'respect' | 'replace' | 'adopt';

/** For what is done on the way out, when the caller's own signal has aborted, ms. */
const PARTING_MS = 2000;
/** The look at the key after a renewal must not delay the next one, ms. */
const LOOK_MS = 1000;

/**
 * Puts the key under a new lease. `judge` decides what to do about the present holder. Resolves with undefined when
 * the key is another's. A claim that fails leaves nothing behind but, at worst, a lease that ends by itself.
 */
export async function claim(
  options: LeaseOptions,
  judge: (present: Entry) => Rival,
  signal: AbortSignal,
): Promise<Claimed | undefined> {
  const { store, key, ttl, clock } = options;
  const present = await store.get(key, signal);
  const rival = present ? judge(present) : undefined;
  if (rival === 'respect') return undefined;
  const grantedAt = clock.monotonic();
  const lease = await store.grantLease(ttl, signal);
  try {
    let over = present?.modRevision ?? 0;
    if (rival === 'replace') {
      // Two steps: no store deletes and creates a key in one transaction, and the create revision has to be a new one.
      const conditions = [{ kind: 'mod-revision' as const, key, equals: over }];
      const writes = [{ kind: 'delete' as const, key }];
      if (!(await store.commit({ conditions, writes }, signal)).applied) over = -1;
      else over = 0;
    }
    const taken = over >= 0 && (await take(options, lease, over, signal));
    if (taken) return { lease, grantedAt, ...taken };
  } catch (error) {
    await revoke(options, lease);
    throw error;
  }
  await revoke(options, lease);
  return undefined;
}

async function take(
  { store, key, value }: LeaseOptions,
  lease: string,
  over: number,
  signal: AbortSignal,
): Promise<{ createRevision: number; modRevision: number } | undefined> {
  const { applied, reads } = await store.commit(
    {
      conditions: [{ kind: 'mod-revision', key, equals: over }],
      writes: [{ kind: 'put', key, value: value(), lease }],
      reads: [key],
    },
    signal,
  );
  const entry = reads[0]?.find((found) => found.key === key);
  if (!applied || !entry) return undefined;
  return { createRevision: entry.createRevision, modRevision: entry.modRevision };
}

/** A lease being renewed. `lost` aborts with a DeisError('lease-gone') that says how; `ended` resolves after it. */
export interface Keeping {
  lost: AbortSignal;
  ended: Promise<void>;
  /** Renew and look at once: something hinted that the key may be gone. */
  doubt(): void;
}

/**
 * Renews until the store says that lease or key are gone, or no renewal succeeded for the lease's time, counted on the
 * local monotonic clock from before the last successful one was sent; or until the signal aborts.
 */
export function keep(options: LeaseOptions, claimed: Claimed, signal: AbortSignal): Keeping {
  const over = new AbortController();
  const keeper = new Keeper(options, claimed, over);
  const ends = AbortSignal.any([signal, over.signal]);
  const ended = Promise.all([keeper.renew(ends), keeper.watchTime(ends)]).then(() => {
    over.abort(gone('it was given back'));
  });
  return { lost: over.signal, ended, doubt: keeper.doubt };
}

class Keeper {
  readonly #options: LeaseOptions;
  readonly #claimed: Claimed;
  readonly #over: AbortController;
  #until: number;
  #nap = new AbortController();

  constructor(options: LeaseOptions, claimed: Claimed, over: AbortController) {
    this.#options = options;
    this.#claimed = claimed;
    this.#over = over;
    this.#until = this.#endAfter(claimed.grantedAt);
  }

  readonly doubt = (): void => this.#nap.abort();

  async watchTime(ends: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      const left = this.#until - clock.monotonic();
      if (left <= 0) return this.#over.abort(gone('it could not be renewed in time'));
      if (!(await slept(clock, left, ends))) return;
    }
  }

  async renew(ends: AbortSignal): Promise<void> {
    const { clock, every, store } = this.#options;
    let began = this.#claimed.grantedAt;
    while (!ends.aborted) {
      await slept(
        clock,
        began + every - clock.monotonic(),
        AbortSignal.any([ends, this.#nap.signal]),
      );
      if (ends.aborted) return;
      this.#nap = new AbortController();
      began = clock.monotonic();
      try {
        await store.keepLeaseAlive(this.#claimed.lease, ends);
        this.#until = this.#endAfter(began);
        await this.#look(ends);
      } catch (error) {
        if (ends.aborted) return;
        if (isDeisError(error, 'lease-gone')) return this.#over.abort(error);
        this.#report(error);
      }
    }
  }

  /** A lease may live on without its key: somebody deleted it, or took it over. */
  async #look(ends: AbortSignal): Promise<void> {
    const { store, key } = this.#options;
    const entry = await store.get(key, AbortSignal.any([ends, AbortSignal.timeout(LOOK_MS)]));
    if (!entry) this.#over.abort(gone('its key was deleted'));
    else if (entry.modRevision !== this.#claimed.modRevision) {
      this.#over.abort(gone('its key was taken over'));
    }
  }

  #report(error: unknown): void {
    const { key, log } = this.#options;
    const { code, message } = toDeisError(error);
    log.debug('renewal missed', { key, code, error: message });
  }

  #endAfter(sent: number): number {
    const { ttl, margin = 0 } = this.#options;
    return sent + ttl * 1000 - margin;
  }
}

/** Gives the key back now instead of at the end of the lease. Never throws: the lease ends by itself. */
export async function revoke({ store, key, log }: LeaseOptions, lease: string): Promise<void> {
  try {
    await store.revokeLease(lease, AbortSignal.timeout(PARTING_MS));
  } catch (error) {
    log.debug('lease left to expire', { key, error: toDeisError(error).message });
  }
}

/** True after `ms`, false when the signal aborted before. */
export async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    await clock.sleep(Math.max(0, ms), signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

function gone(how: string): DeisError {
  return new DeisError('lease-gone', `The lease is over: ${how}.`);
}
