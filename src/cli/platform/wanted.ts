// Writes wanted units: read, change, write back if nobody else did; many in one transaction.

import { DeisError } from '../../model/errors.ts';
import type { WantedUnit } from '../../model/unit.ts';
import type { KeyFamily } from '../../registry/family.ts';
import { type Held, type Registry, put, remove, unchanged } from '../../registry/registry.ts';

/** Store revision at which each unit's record now stands. */
export type Revisions = Map<string, number>;

/** The new record, or the same object for "leave it", or undefined for "delete it". */
export type Change = (current: WantedUnit | undefined, name: string) => WantedUnit | undefined;

/** etcd takes 128 operations in a transaction, conditions counted apart. */
const BATCH = 100;
const ATTEMPTS = 5;

/** Applies `change` to every named unit. Throws DeisError('conflict') when others keep changing the same units. */
export async function changeWanted(
  registry: Registry,
  family: KeyFamily<WantedUnit>,
  names: readonly string[],
  change: Change,
  signal: AbortSignal,
): Promise<Revisions> {
  const revisions: Revisions = new Map();
  for (let start = 0; start < names.length; start += BATCH) {
    await changeBatch(
      registry,
      family,
      names.slice(start, start + BATCH),
      change,
      revisions,
      signal,
    );
  }
  return revisions;
}

async function changeBatch(
  registry: Registry,
  family: KeyFamily<WantedUnit>,
  names: readonly string[],
  change: Change,
  revisions: Revisions,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const current = await read(registry, family, names, signal);
    const steps = names.flatMap((name) => {
      const held = current.get(name);
      const next = change(held?.value, name);
      if (next === held?.value) {
        if (held) revisions.set(name, held.modRevision);
        return [];
      }
      return [{ name, next, modRevision: held?.modRevision ?? 0 }];
    });
    if (steps.length === 0) return;
    const { applied, revision } = await registry.commit(
      steps.map(({ name, modRevision }) => unchanged(family, [name], modRevision)),
      steps.map(({ name, next }) =>
        next === undefined ? remove(family, [name]) : put(family, [name], next),
      ),
      signal,
    );
    if (!applied) continue;
    for (const { name } of steps) revisions.set(name, revision);
    return;
  }
  throw new DeisError(
    'conflict',
    `somebody else keeps changing ${names.join(', ')}`,
    'Try again in a moment.',
  );
}

async function read(
  registry: Registry,
  family: KeyFamily<WantedUnit>,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Held<WantedUnit>>> {
  const found = new Map<string, Held<WantedUnit>>();
  const entries = await registry.store.getMany(
    names.map((name) => family.key(name)),
    signal,
  );
  entries.forEach((entry, index) => {
    if (!entry) return;
    found.set(names[index]!, {
      ids: [names[index]!],
      value: family.decode(entry.key, entry.value),
      createRevision: entry.createRevision,
      modRevision: entry.modRevision,
    });
  });
  return found;
}
