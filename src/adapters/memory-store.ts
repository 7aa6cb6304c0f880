// The store without etcd: for tests of services, and proven by the same contract as the real one.

import { DeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Change, Store, WatchObserver } from '../ports/store.ts';
import { MemoryState } from './memory-state.ts';
import { systemClock } from './system-clock.ts';

/** How long a call to a frozen store waits before it is given up, ms: as the real adapter. */
const PATIENCE_MS = 2800;

type Health = 'well' | 'severed' | 'frozen';

/** A store whose connection a test can break. Handles made by `connect()` share the data but break alone. */
export interface MemoryStore extends Store {
  /** Calls fail with 'unavailable' at once, watches are interrupted. Leases go on expiring. */
  sever(): void;
  /** Calls hang until they are given up; watches are interrupted. */
  freeze(): void;
  /** Undoes sever and freeze: watches go on where they were, or with a snapshot if history was compacted. */
  heal(): void;
  /** Forgets history: a watch that is broken now will start again with a snapshot. */
  compact(): void;
  /** The next commit is carried out, but its answer never arrives. */
  loseNextAnswer(): void;
  connect(): MemoryStore;
}

/** `clock` drives the leases; a test may hand in one that it moves by itself. */
export function memoryStore(
  options: { clock?: Clock; clusterId?: string; state?: MemoryState } = {},
): MemoryStore {
  const clock = options.clock ?? systemClock;
  const state = options.state ?? new MemoryState(options.clusterId ?? '1');
  const healths = new Set<() => void>();
  const closing = new AbortController();
  let health: Health = 'well';
  let loseAnswer = false;
  let nap: AbortController | undefined;

  const turn = (to: Health): void => {
    health = to;
    for (const told of healths) told();
  };

  /** Sleeps until the next lease ends, again and again; a new or renewed lease wakes it. */
  const tick = async (): Promise<void> => {
    for (;;) {
      const next = state.expire(clock.monotonic());
      if (next === undefined || closing.signal.aborted) return;
      nap = new AbortController();
      const wait = Math.max(0, next - clock.monotonic());
      await clock
        .sleep(wait, AbortSignal.any([nap.signal, closing.signal]))
        .catch(() => clock.monotonic());
    }
  };
  let ticking: Promise<void> | undefined;
  const wound = (): void => {
    nap?.abort();
    ticking ??= tick().finally(() => (ticking = undefined));
  };

  const reach = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    await Promise.resolve();
    if (health === 'frozen') await clock.sleep(PATIENCE_MS, signal);
    if (health !== 'well') throw new DeisError('unavailable', 'The store does not answer.');
    state.expire(clock.monotonic());
  };

  return {
    async identity(signal) {
      await reach(signal);
      return { clusterId: state.clusterId, revision: state.revision };
    },
    async get(key, signal) {
      await reach(signal);
      return state.get(key);
    },
    async getMany(keys, signal) {
      await reach(signal);
      return keys.map((key) => state.get(key));
    },
    async list(prefix, signal) {
      await reach(signal);
      return { revision: state.revision, entries: state.range(prefix) };
    },
    async commit(transaction, signal) {
      await reach(signal);
      const committed = state.commit(transaction);
      if (!loseAnswer) return committed;
      loseAnswer = false;
      throw new DeisError('unavailable', 'The store does not answer.');
    },
    async grantLease(ttl, signal) {
      await reach(signal);
      const lease = state.grantLease(ttl, clock.monotonic());
      wound();
      return lease;
    },
    async keepLeaseAlive(lease, signal) {
      await reach(signal);
      state.keepLeaseAlive(lease, clock.monotonic());
      wound();
    },
    async revokeLease(lease, signal) {
      await reach(signal);
      state.revokeLease(lease);
    },
    watch(prefix, observer, signal) {
      const ends = AbortSignal.any([signal, closing.signal]);
      return follow(state, prefix, observer, healths, () => health === 'well', ends);
    },
    close: () => closing.abort(),
    sever: () => turn('severed'),
    freeze: () => turn('frozen'),
    heal: () => turn('well'),
    compact: () => state.compact(),
    loseNextAnswer: () => (loseAnswer = true),
    connect: () => memoryStore({ clock, state }),
  };
}

/** One watch: a snapshot, then what changed, in order and never from within the writer's own call. */
function follow(
  state: MemoryState,
  prefix: string,
  observer: WatchObserver,
  healths: Set<() => void>,
  well: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  let seen: number | undefined;
  let broken = false;
  let due = false;

  const deliver = (): void => {
    due = false;
    if (signal.aborted) return;
    if (!well()) {
      if (!broken && seen !== undefined) observer.interrupted();
      broken = true;
      return;
    }
    const changes = seen === undefined ? undefined : state.since(seen, prefix);
    if (changes === undefined) {
      observer.snapshot({ revision: state.revision, entries: state.range(prefix) });
      seen = state.revision;
    } else if (changes.length > 0 || broken) {
      seen = changes.reduce(newest, seen ?? 0);
      observer.changes(changes, seen);
    }
    broken = false;
  };
  const hint = (): void => {
    if (!due) queueMicrotask(deliver);
    due = true;
  };

  return new Promise((resolve) => {
    const end = (): void => {
      state.listeners.delete(hint);
      healths.delete(hint);
      resolve();
    };
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', end, { once: true });
    state.listeners.add(hint);
    healths.add(hint);
    hint();
  });
}

function newest(revision: number, change: Change): number {
  return Math.max(revision, change.kind === 'put' ? change.entry.modRevision : change.modRevision);
}
