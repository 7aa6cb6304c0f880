// The store in domain words: typed reads, conditions and writes over key families.

import type { Committed, Condition, Entry, Store, Write } from '../ports/store.ts';
import type { KeyFamily } from './family.ts';

/** A value with the ids of its key and the revisions that fence a write on it. */
export interface Held<T> {
  ids: string[];
  value: T;
  createRevision: number;
  modRevision: number;
}

/** Entries of a family that could be read; a malformed one is reported, never thrown: one bad value stops nobody. */
export interface Listing<T> {
  revision: number;
  items: Held<T>[];
  malformed: string[];
}

export function held<T>(family: KeyFamily<T>, entry: Entry): Held<T> | undefined {
  const ids = family.ids(entry.key);
  if (!ids) return undefined;
  return {
    ids,
    value: family.decode(entry.key, entry.value),
    createRevision: entry.createRevision,
    modRevision: entry.modRevision,
  };
}

export function listing<T>(family: KeyFamily<T>, entries: Entry[], revision: number): Listing<T> {
  const items: Held<T>[] = [];
  const malformed: string[] = [];
  for (const entry of entries) {
    try {
      const item = held(family, entry);
      if (item) items.push(item);
    } catch (error) {
      malformed.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { revision, items, malformed };
}

/** Writes and conditions, spelled by family: `put(keys.apps, ['blog'], app)`. */
export function put<T>(
  family: KeyFamily<T>,
  ids: string[],
  value: T,
  options: { lease?: string } = {},
): Write {
  return { kind: 'put', key: family.key(...ids), value: family.encode(value), ...options };
}

export function remove<T>(family: KeyFamily<T>, ids: string[]): Write {
  return { kind: 'delete', key: family.key(...ids) };
}

/** Nobody changed it since we read it (`modRevision` 0: it did not exist). */
export function unchanged<T>(family: KeyFamily<T>, ids: string[], modRevision: number): Condition {
  return { kind: 'mod-revision', key: family.key(...ids), equals: modRevision };
}

export function absent<T>(family: KeyFamily<T>, ids: string[]): Condition {
  return { kind: 'create-revision', key: family.key(...ids), equals: 0 };
}

/** It is still the same key that was created at this revision: how sessions and leaderships are fenced. */
export function stillCreatedAt<T>(
  family: KeyFamily<T>,
  ids: string[],
  createRevision: number,
): Condition {
  return { kind: 'create-revision', key: family.key(...ids), equals: createRevision };
}

export class Registry {
  readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  async get<T>(
    family: KeyFamily<T>,
    ids: string[],
    signal: AbortSignal,
  ): Promise<Held<T> | undefined> {
    const entry = await this.store.get(family.key(...ids), signal);
    return entry && held(family, entry);
  }

  /** All of the family, or those whose key begins with `ids`. */
  async list<T>(family: KeyFamily<T>, ids: string[], signal: AbortSignal): Promise<Listing<T>> {
    const snapshot = await this.store.list(family.under(...ids), signal);
    return listing(family, snapshot.entries, snapshot.revision);
  }

  commit(
    conditions: Condition[],
    writes: Write[],
    signal: AbortSignal,
    reads: string[] = [],
  ): Promise<Committed> {
    return this.store.commit({ conditions, writes, reads }, signal);
  }
}
