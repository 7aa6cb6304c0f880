// Records of formations, layers, flavors and providers: made, changed and removed by operators, each in one transaction.

import { DeisError } from '../../model/errors.ts';
import {
  DEFAULT_FORMATION,
  type Formation,
  type Layer,
  groupIdProblem,
} from '../../model/formation.ts';
import type { Condition } from '../../ports/store.ts';
import type { KeyFamily } from '../../registry/family.ts';
import { keys } from '../../registry/keys.ts';
import {
  type Registry,
  absent,
  put,
  remove,
  stillCreatedAt,
  unchanged,
} from '../../registry/registry.ts';

/** Throws DeisError 'invalid' for a bad id, 'conflict' when there is one of that name or what it needs (`conditions`) has gone. */
export async function createRecord<T extends { id: string }>(
  registry: Registry,
  kind: string,
  family: KeyFamily<T>,
  ids: string[],
  value: T,
  signal: AbortSignal,
  conditions: Condition[] = [],
): Promise<void> {
  const problem = groupIdProblem(kind, value.id);
  if (problem !== undefined) throw new DeisError('invalid', problem);
  const writes = [put(family, ids, value)];
  const { applied } = await registry.commit([absent(family, ids), ...conditions], writes, signal);
  if (applied) return;
  const present = await registry.get(family, ids, signal);
  if (!present) {
    throw new DeisError('conflict', `what the ${kind} "${value.id}" needs was just removed`);
  }
  // Our own write whose answer was lost.
  if (JSON.stringify(present.value) === JSON.stringify(value)) return;
  throw new DeisError('conflict', `there is a ${kind} called "${value.id}" already`);
}

/** Holds while this record is there; for what is there without a record (`given`), nothing. Throws DeisError 'not-found'. */
export async function stillThere<T>(
  registry: Registry,
  kind: string,
  family: KeyFamily<T>,
  ids: string[],
  given: readonly string[],
  signal: AbortSignal,
): Promise<Condition[]> {
  const found = await registry.get(family, ids, signal);
  if (found) return [stillCreatedAt(family, ids, found.createRevision)];
  if (!given.includes(ids.at(-1)!)) await mustGet(registry, kind, family, ids, signal, given);
  return [];
}

/** Holds while a node's formation and layer ('': none) are there. Throws DeisError 'not-found'. */
export async function placeThere(
  registry: Registry,
  { formation, layer }: { formation: string; layer: string },
  signal: AbortSignal,
): Promise<Condition[]> {
  const ids = [formation, layer];
  const [one, other] = await Promise.all([
    stillThere(registry, 'formation', keys.formations, [formation], [DEFAULT_FORMATION], signal),
    layer === '' ? [] : stillThere(registry, 'layer', keys.layers, ids, [], signal),
  ]);
  return [...one, ...other];
}

/** Throws DeisError 'not-found'. */
export async function mustGet<T>(
  registry: Registry,
  kind: string,
  family: KeyFamily<T>,
  ids: string[],
  signal: AbortSignal,
  /** Names of those that are there without a record. */
  given: readonly string[] = [],
): Promise<T> {
  const found = await registry.get(family, ids, signal);
  if (found) return found.value;
  const { items } = await registry.list(family, ids.slice(0, -1), signal);
  const made = items.map((item) => item.ids.at(-1)!);
  const names = [...new Set([...given, ...made])].toSorted();
  throw new DeisError(
    'not-found',
    `there is no ${kind} "${ids.at(-1)}"`,
    `There ${names.length === 1 ? 'is' : 'are'}: ${names.join(', ') || 'none'}.`,
  );
}

/** Throws DeisError 'not-found', or 'conflict' when somebody else changes it at the same time. */
export async function changeRecord<T>(
  registry: Registry,
  kind: string,
  family: KeyFamily<T>,
  ids: string[],
  change: (value: T) => T,
  signal: AbortSignal,
  conditions: Condition[] = [],
): Promise<T> {
  await mustGet(registry, kind, family, ids, signal);
  const found = (await registry.get(family, ids, signal))!;
  const value = change(found.value);
  const { applied } = await registry.commit(
    [unchanged(family, ids, found.modRevision), ...conditions],
    [put(family, ids, value)],
    signal,
  );
  if (applied) return value;
  throw new DeisError(
    'conflict',
    `somebody else is changing the ${kind} "${ids.at(-1)}"`,
    'Try again.',
  );
}

/** Throws DeisError 'conflict' for what is there without a record: nobody can change or remove it. */
export async function requireMade<T extends { id: string }>(
  registry: Registry,
  { one, family }: { one: string; family: KeyFamily<T> },
  given: readonly T[],
  ids: string[],
  signal: AbortSignal,
): Promise<void> {
  const id = ids.at(-1)!;
  if (!given.some((each) => each.id === id) || (await registry.get(family, ids, signal))) return;
  throw new DeisError('conflict', `the ${one} "${id}" is always there`);
}

/**
 * Removes it unless `mayGo` throws what stands against that. It is asked once more afterwards: what came meanwhile gets the record
 * back, and nothing more can come once it is gone (createRecord's conditions).
 */
export async function removeRecord<T>(
  registry: Registry,
  kind: string,
  family: KeyFamily<T>,
  ids: string[],
  mayGo: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const value = await mustGet(registry, kind, family, ids, signal);
  await mayGo();
  await registry.commit([], [remove(family, ids)], signal);
  try {
    await mayGo();
  } catch (error) {
    await registry.commit([absent(family, ids)], [put(family, ids, value)], signal);
    throw error;
  }
}

/** The formation, also the default one, which has no record. */
export async function formationCalled(
  registry: Registry,
  id: string,
  signal: AbortSignal,
): Promise<Formation> {
  if (id === DEFAULT_FORMATION) {
    const domain = (await registry.get(keys.settings, ['platform', 'domain'], signal))?.value;
    return { id, ...(domain !== undefined && { domain }), created: '' };
  }
  return mustGet(registry, 'formation', keys.formations, [id], signal);
}

/** Throws DeisError 'conflict' while apps, layers or nodes belong to it. */
export async function requireEmpty(
  registry: Registry,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const [apps, layers, nodes] = await Promise.all([
    registry.list(keys.apps, [], signal),
    registry.list(keys.layers, [id], signal),
    registry.list(keys.nodes, [], signal),
  ]);
  const inside = apps.items
    .filter(({ value }) => value.formation === id)
    .map(({ value }) => value.id);
  const members = nodes.items
    .filter(({ value }) => value.formation === id)
    .map(({ value }) => value.id);
  const left = [
    ...inside.map((app) => `app ${app}`),
    ...members.map((node) => `node ${node}`),
    ...layers.items.map(({ value }) => `layer ${value.id}`),
  ];
  if (left.length === 0) return;
  throw new DeisError(
    'conflict',
    `formation ${id} still has: ${left.join(', ')}`,
    'Destroy or move these first.',
  );
}

/** Layers named after a plane have it, unless something else is said. */
export function newLayer(
  formation: string,
  id: string,
  {
    flavor,
    planes,
    created,
  }: {
    flavor: string;
    planes: Partial<Record<'runtime' | 'proxy' | 'control', boolean>>;
    created: string;
  },
): Layer {
  if (id === 'none') {
    throw new DeisError(
      'invalid',
      `no layer can be called "none": that is how to say "in no layer"`,
    );
  }
  const named = (plane: string): boolean => id === plane;
  const { runtime = named('runtime'), proxy = named('proxy'), control = named('control') } = planes;
  if (runtime || proxy || control)
    return { id, formation, flavor, runtime, proxy, control, created };
  throw new DeisError(
    'invalid',
    `layer ${id} would run nothing`,
    'Say what it runs: --runtime, --proxy, --control.',
  );
}
