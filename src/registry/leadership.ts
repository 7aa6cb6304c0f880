// Election for a role: one of the candidates leads, and every write of its term is fenced by the leadership's own key.

import { toDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Committed, Condition, Store, Write } from '../ports/store.ts';
import { keys } from './keys.ts';
import { type Claimed, claim, keep, type LeaseOptions, revoke, slept } from './lease.ts';
import { type Registry, stillCreatedAt } from './registry.ts';
import { untilVacant } from './vacancy.ts';

export interface LeadOptions {
  registry: Registry;
  role: string;
  /** Who stands for election. One process at a time: a key left by an earlier life of the same candidate is taken over. */
  candidate: string;
  /** Seconds until another may lead after this one fell silent. */
  ttl: number;
  clock: Clock;
  log: Log;
}

/** One leadership, from election to loss. */
export interface Term {
  createRevision: number;
  /** Holds while this term lasts; belongs into every transaction of the leader. */
  fence: Condition;
  /** Aborts when leadership is lost or, by the local monotonic clock, may be: never later than the lease ends. */
  signal: AbortSignal;
  /** Writes of this term that came too late and were refused. */
  readonly refused: number;
  /**
   * Commits under the fence. A write that comes too late is not applied and counted, and ends the term. `signal`: for
   * the waiting only; the store is asked even when the term seems over, for it alone knows.
   */
  commit(
    conditions: Condition[],
    writes: Write[],
    signal: AbortSignal,
    reads?: string[],
  ): Promise<Committed>;
}

/** Three renewals may fail before the lease ends. */
const RENEWALS_PER_TTL = 5;
/** After a term that was given up, and between tries against a sick store, ms: lets others have their turn. */
const PAUSE_MS = 500;

/**
 * Stands for election, again and again, until the signal aborts; then resigns. `onElected` must end when its term's
 * signal aborts; if it ends before, the leadership is given up.
 */
export async function lead(
  options: LeadOptions,
  onElected: (term: Term) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { log, role, clock } = options;
  while (!signal.aborted) {
    try {
      const claimed = await campaign(options, signal);
      if (claimed && !(await serve(options, claimed, onElected, signal))) {
        await slept(clock, PAUSE_MS, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      const { code, message } = toDeisError(error);
      log.warn('term failed', { role, code, error: message });
      await slept(clock, PAUSE_MS, signal);
    }
  }
}

/** Waits until the role is free and takes it; undefined when somebody else was faster. */
async function campaign(options: LeadOptions, signal: AbortSignal): Promise<Claimed | undefined> {
  const lease = leaseOf(options);
  const own = (value: string) => (value === lease.value() ? 'replace' : 'respect');
  const claimed = await claim(lease, ({ value }) => own(value), signal);
  if (!claimed) await untilVacant(options.registry.store, lease.key, signal);
  return claimed;
}

/** True when the term ended because it was lost, false when the leader gave it up. */
async function serve(
  options: LeadOptions,
  claimed: Claimed,
  onElected: (term: Term) => Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  const { role, candidate, log } = options;
  const over = new AbortController();
  const keeping = keep(leaseOf(options), claimed, AbortSignal.any([signal, over.signal]));
  const { createRevision } = claimed;
  const fence = stillCreatedAt(keys.leaders, [role], createRevision);
  log.info('elected', { role, candidate, revision: createRevision });
  const ends = AbortSignal.any([signal, keeping.lost]);
  const term = new OneTerm(options.registry.store, fence, createRevision, ends, (refused) => {
    log.warn('late write refused', { role, candidate, refused });
    keeping.doubt();
  });
  let lost = false;
  try {
    await onElected(term);
  } finally {
    lost = keeping.lost.aborted;
    const reason = lost ? toDeisError(keeping.lost.reason).message : 'resigned';
    over.abort();
    await keeping.ended;
    await revoke(leaseOf(options), claimed.lease);
    log.info('term ended', { role, candidate, reason, refused: term.refused });
  }
  return lost;
}

class OneTerm implements Term {
  readonly createRevision: number;
  readonly fence: Condition;
  readonly signal: AbortSignal;
  refused = 0;
  readonly #store: Store;
  readonly #onRefusal: (refused: number) => void;

  constructor(
    store: Store,
    fence: Condition,
    createRevision: number,
    signal: AbortSignal,
    onRefusal: (refused: number) => void,
  ) {
    this.#store = store;
    this.fence = fence;
    this.createRevision = createRevision;
    this.signal = signal;
    this.#onRefusal = onRefusal;
  }

  async commit(
    conditions: Condition[],
    writes: Write[],
    signal: AbortSignal,
    reads: string[] = [],
  ): Promise<Committed> {
    const transaction = {
      conditions: [this.fence, ...conditions],
      writes,
      reads: [...reads, this.fence.key],
    };
    const committed = await this.#store.commit(transaction, signal);
    const own = committed.reads.at(-1)?.find(({ key }) => key === this.fence.key);
    if (!committed.applied && own?.createRevision !== this.createRevision) {
      this.refused += 1;
      this.#onRefusal(this.refused);
    }
    return { ...committed, reads: committed.reads.slice(0, -1) };
  }
}

function leaseOf({ registry, role, candidate, ttl, clock, log }: LeadOptions): LeaseOptions {
  const every = (ttl * 1000) / RENEWALS_PER_TTL;
  const key = keys.leaders.key(role);
  return {
    store: registry.store,
    key,
    value: () => keys.leaders.encode(candidate),
    ttl,
    every,
    clock,
    log,
  };
}
