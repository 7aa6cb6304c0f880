// The state behind the fake store: revisions, leases and history, as etcd counts them.

import { DeisError } from '../model/errors.ts';
import type { Change, Committed, Condition, Entry, Transaction, Write } from '../ports/store.ts';
import { checkTransaction } from './store-limits.ts';

interface Stored {
  entry: Entry;
  lease: string | undefined;
}

/** Keys in the order of their bytes. */
const byKey = (a: Entry, b: Entry): number =>
  Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));

export class MemoryState {
  revision = 1;
  readonly clusterId: string;
  /** Called after every change. */
  readonly listeners = new Set<() => void>();
  readonly #stored = new Map<string, Stored>();
  readonly #leases = new Map<string, { ttl: number; expires: number }>();
  #history: Change[] = [];
  #compacted = 0;
  #lastLease = 0;

  constructor(clusterId: string) {
    this.clusterId = clusterId;
  }

  get(key: string): Entry | undefined {
    const stored = this.#stored.get(key);
    return stored && { ...stored.entry };
  }

  range(prefix: string): Entry[] {
    const found = [...this.#stored.values()].filter(({ entry }) => entry.key.startsWith(prefix));
    return found.map(({ entry }) => ({ ...entry })).toSorted(byKey);
  }

  commit(transaction: Transaction): Committed {
    checkTransaction(transaction);
    const applied = transaction.conditions.every((condition) => this.#holds(condition));
    if (applied) this.#write(transaction.writes);
    const reads = (transaction.reads ?? []).map((prefix) => this.range(prefix));
    return { applied, revision: this.revision, reads };
  }

  /** Changes under a prefix after `revision`; undefined when they were compacted away. */
  since(revision: number, prefix: string): Change[] | undefined {
    if (revision < this.#compacted) return undefined;
    return this.#history.filter((change) => {
      const { key, modRevision } = change.kind === 'put' ? change.entry : change;
      return modRevision > revision && key.startsWith(prefix);
    });
  }

  /** Forgets all history up to now. */
  compact(): void {
    this.#history = [];
    this.#compacted = this.revision;
  }

  grantLease(ttl: number, now: number): string {
    this.#lastLease += 1;
    const lease = String(this.#lastLease);
    this.#leases.set(lease, { ttl, expires: now + ttl * 1000 });
    return lease;
  }

  keepLeaseAlive(id: string, now: number): void {
    const lease = this.#leases.get(id);
    if (!lease) throw new DeisError('lease-gone', 'The lease has ended.');
    lease.expires = now + lease.ttl * 1000;
  }

  /** Deletes the keys bound to a lease, in one revision. */
  revokeLease(id: string): void {
    if (!this.#leases.delete(id)) return;
    const bound = [...this.#stored.values()].filter(({ lease }) => lease === id);
    this.#write(bound.map(({ entry }) => ({ kind: 'delete', key: entry.key })));
  }

  /** Ends the leases whose time is over; returns when the next one ends. */
  expire(now: number): number | undefined {
    for (const [id, { expires }] of this.#leases) if (expires <= now) this.revokeLease(id);
    const ends = [...this.#leases.values()].map(({ expires }) => expires);
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  #holds(condition: Condition): boolean {
    const entry = this.#stored.get(condition.key)?.entry;
    const revision = condition.kind === 'mod-revision' ? entry?.modRevision : entry?.createRevision;
    return (revision ?? 0) === condition.equals;
  }

  #write(writes: Write[]): void {
    const leases = writes.flatMap((write) => (write.kind === 'put' ? (write.lease ?? []) : []));
    if (leases.some((lease) => !this.#leases.has(lease))) {
      throw new DeisError('lease-gone', 'The lease has ended.');
    }
    const revision = this.revision + 1;
    const changes = writes.flatMap((write) => this.#change(write, revision));
    if (changes.length === 0) return;
    this.revision = revision;
    this.#history.push(...changes);
    for (const listener of this.listeners) listener();
  }

  #change(write: Write, revision: number): Change[] {
    if (write.kind === 'delete-prefix') {
      return this.range(write.prefix).flatMap(({ key }) =>
        this.#change({ kind: 'delete', key }, revision),
      );
    }
    const { key } = write;
    if (write.kind === 'delete') {
      return this.#stored.delete(key) ? [{ kind: 'delete', key, modRevision: revision }] : [];
    }
    const createRevision = this.#stored.get(key)?.entry.createRevision ?? revision;
    const entry = { key, value: write.value, createRevision, modRevision: revision };
    this.#stored.set(key, { entry, lease: write.lease });
    return [{ kind: 'put', entry: { ...entry } }];
  }
}
