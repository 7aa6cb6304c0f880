// deisctl events -f: every change that means something, as it happens.

import type { Machine } from '../../model/cluster.ts';
import type { Change, Entry, Snapshot, Store, WatchObserver } from '../../ports/store.ts';
import type { KeyFamily } from '../../registry/family.ts';
import { keys } from '../../registry/keys.ts';
import { held } from '../../registry/registry.ts';
import { type Kind, KINDS } from './describe.ts';

/** One element of what `--json` prints, a line each. */
export interface ClusterEvent {
  /** ISO 8601, UTC: when it was seen. */
  at: string;
  topic: string;
  text: string;
}

/** Until the signal aborts. What is there at the beginning is no event. */
export async function followEvents(
  store: Store,
  tell: (event: ClusterEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const names = new Map<string, string>();
  const know = (id: string, machine: Machine | undefined): void => {
    if (machine) names.set(id, machine.name);
  };
  const machines = new Differences(
    keys.machines,
    ([id = ''], _before, after) => know(id, after),
    true,
  );
  const watches = KINDS.map(
    ({ topic, family, describe }: Kind<unknown>) =>
      new Differences(family, (ids, before, after) => {
        const text = describe(ids, before, after, names);
        if (text !== undefined) tell({ at: new Date().toISOString(), topic, text });
      }),
  );
  const begun = machines.watch(store, signal);
  await machines.ready;
  await Promise.all([begun, ...watches.map((watch) => watch.watch(store, signal))]);
}

/** Calls back for each record that is new, other or gone; also over gaps of the watch. */
class Differences<T> {
  readonly #family: KeyFamily<T>;
  readonly #onChange: (ids: string[], before: T | undefined, after: T | undefined) => void;
  readonly #values = new Map<string, T>();
  readonly #first = Promise.withResolvers<void>();
  #begun: boolean;

  constructor(
    family: KeyFamily<T>,
    onChange: (ids: string[], before: T | undefined, after: T | undefined) => void,
    /** Also for what is there at the beginning. */
    fromTheBeginning = false,
  ) {
    this.#family = family;
    this.#onChange = onChange;
    this.#begun = fromTheBeginning;
  }

  get ready(): Promise<void> {
    return this.#first.promise;
  }

  watch(store: Store, signal: AbortSignal): Promise<void> {
    const observer: WatchObserver = {
      snapshot: (snapshot) => this.#all(snapshot),
      changes: (changes) => changes.forEach((change) => this.#one(change)),
      interrupted: () => undefined,
    };
    signal.addEventListener('abort', () => this.#first.resolve(), { once: true });
    return store.watch(this.#family.prefix, observer, signal);
  }

  #all({ entries }: Snapshot): void {
    const there = new Set(entries.map(({ key }) => key));
    for (const key of this.#values.keys()) if (!there.has(key)) this.#gone(key);
    for (const entry of entries) this.#put(entry);
    this.#begun = true;
    this.#first.resolve();
  }

  #one(change: Change): void {
    if (change.kind === 'put') this.#put(change.entry);
    else this.#gone(change.key);
  }

  #put(entry: Entry): void {
    let value: T | undefined;
    try {
      value = held(this.#family, entry)?.value;
    } catch {
      return; // a record of another version: `deisctl status` names it
    }
    if (value === undefined) return;
    const before = this.#values.get(entry.key);
    this.#values.set(entry.key, value);
    if (this.#begun) this.#onChange(this.#family.ids(entry.key) ?? [], before, value);
  }

  #gone(key: string): void {
    const before = this.#values.get(key);
    this.#values.delete(key);
    if (before !== undefined) this.#onChange(this.#family.ids(key) ?? [], before, undefined);
  }
}
