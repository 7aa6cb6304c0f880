// The cluster's memory in a handful of verbs. One store, many readers; every key family has one writer (registry/keys.ts).

export interface Entry {
  key: string;
  value: string;
  createRevision: number;
  modRevision: number;
}

/** All keys under a prefix at one store revision, sorted by key. */
export interface Snapshot {
  revision: number;
  entries: Entry[];
}

/** Revision 0 means "does not exist". All must hold, else nothing is written. */
export type Condition =
  | { kind: 'mod-revision'; key: string; equals: number }
  | { kind: 'create-revision'; key: string; equals: number };

export type Write =
  | { kind: 'put'; key: string; value: string; lease?: string }
  | { kind: 'delete'; key: string }
  | { kind: 'delete-prefix'; prefix: string };

export interface Transaction {
  conditions: Condition[];
  /** At most 100 writes. Must be idempotent: after a lost answer the adapter may send them again. */
  writes: Write[];
  /** Prefixes to read in the same transaction (at the same revision), whether or not the conditions held. */
  reads?: string[];
}

export interface Committed {
  /** False: a condition did not hold and nothing was written. */
  applied: boolean;
  revision: number;
  /** One list per asked prefix; after the writes if applied. */
  reads: Entry[][];
}

export type Change =
  { kind: 'put'; entry: Entry } | { kind: 'delete'; key: string; modRevision: number };

/** What a watch tells. Called one at a time, in order. */
export interface WatchObserver {
  /** The whole state: at the beginning, and again after any gap (compaction, long break). */
  snapshot(snapshot: Snapshot): void;
  /** Everything that changed up to `revision`; may be empty when only progress is known. */
  changes(changes: Change[], revision: number): void;
  /** The stream broke; it is being re-established. What was seen may be old from now until the next call. */
  interrupted(): void;
}

export interface Store {
  /** Which store this is, and how far it is. Used to notice a restored, wiped or wrong cluster. */
  identity(signal: AbortSignal): Promise<{ clusterId: string; revision: number }>;
  get(key: string, signal: AbortSignal): Promise<Entry | undefined>;
  /** Same order as `keys`. */
  getMany(keys: string[], signal: AbortSignal): Promise<(Entry | undefined)[]>;
  list(prefix: string, signal: AbortSignal): Promise<Snapshot>;
  commit(transaction: Transaction, signal: AbortSignal): Promise<Committed>;
  /** Lists, then watches from that revision, for ever; resolves when the signal aborts. Never rejects for a sick store. */
  watch(prefix: string, observer: WatchObserver, signal: AbortSignal): Promise<void>;
  /** `ttl` in seconds. */
  grantLease(ttl: number, signal: AbortSignal): Promise<string>;
  /** One unary renewal. Throws DeisError('lease-gone') when the lease has ended, 'unavailable' on no answer in time. */
  keepLeaseAlive(lease: string, signal: AbortSignal): Promise<void>;
  revokeLease(lease: string, signal: AbortSignal): Promise<void>;
  /** The store's servers are these from now on; absent where there are none to choose from. */
  follow?(endpoints: readonly string[]): void;
  close(): void;
}
