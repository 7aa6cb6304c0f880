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
import { type Registry, absent, put, remove, unchanged } from '../../registry/registry.ts';

/** Throws DeisError 'invalid' for a bad id, 'conflict' when there is one of that name. */
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
  // Our own write whose answer was lost.
  if (present && JSON.stringify(present.value) === JSON.stringify(value)) return;
  throw new DeisError('conflict', `there is a ${kind} called "${value.id}" already`);
}

/** Throws DeisError 'not-found'. */
export async function mustGet<T>(
  registry: Registry,
  kind: string,
  family: KeyFamily<T>,
  ids: string[],
  signal: AbortSignal,
): Promise<T> {
  const found = await registry.get(family, ids, signal);
  if (found) return found.value;
  const { items } = await registry.list(family, ids.slice(0, -1), signal);
  const names = items.map((item) => item.ids.at(-1)!).toSorted();
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
): Promise<T> {
  await mustGet(registry, kind, family, ids, signal);
  const found = (await registry.get(family, ids, signal))!;
  const value = change(found.value);
  const { applied } = await registry.commit(
    [unchanged(family, ids, found.modRevision)],
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

export async function removeRecord<T>(
  registry: Registry,
  kind: string,
  family: KeyFamily<T>,
  ids: string[],
  signal: AbortSignal,
): Promise<void> {
  await mustGet(registry, kind, family, ids, signal);
  await registry.commit([], [remove(family, ids)], signal);
}

const DOMAIN =
  /^(?=.{1,190}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/;

/** Throws DeisError 'invalid' for what is no domain, 'conflict' when another formation or the platform has it. */
export async function requireFreeDomain(
  registry: Registry,
  id: string,
  domain: string,
  signal: AbortSignal,
): Promise<void> {
  if (!DOMAIN.test(domain)) throw new DeisError('invalid', `"${domain}" is no domain name`);
  const [platform, { items }] = await Promise.all([
    registry.get(keys.settings, ['platform', 'domain'], signal),
    registry.list(keys.formations, [], signal),
  ]);
  if (platform?.value === domain) {
    throw new DeisError('conflict', `${domain} is the platform's own domain`);
  }
  const other = items.find(({ value }) => value.domain === domain && value.id !== id);
  if (other)
    throw new DeisError('conflict', `${domain} is the domain of formation ${other.value.id}`);
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
