// The kinds of records that are listed, shown and destroyed alike. To add one: a row.

import { DeisError } from '../../model/errors.ts';
import {
  DEFAULT_FORMATION,
  type Flavor,
  type Formation,
  type Layer,
  type Provider,
} from '../../model/formation.ts';
import { PROVIDERS } from '../../machines/providers/providers.ts';
import type { KeyFamily } from '../../registry/family.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { LOCAL_FLAVOR } from './providers.ts';
import { formationCalled, requireEmpty } from './records.ts';

export interface Kind<T> {
  /** What one is called. */
  one: string;
  family: KeyFamily<T>;
  columns: string[];
  row: (value: T) => string[];
  /** Those that are there without a record. */
  given: (registry: Registry, signal: AbortSignal) => Promise<T[]>;
  /** Throws what stands against removing it. */
  mayGo: (registry: Registry, ids: string[], signal: AbortSignal) => Promise<void>;
}

const pairsOf = (params: Record<string, string>): string =>
  Object.entries(params)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join(' ') || '-';

const none = (): Promise<[]> => Promise.resolve([]);

export const KINDS = {
  formations: {
    one: 'formation',
    family: keys.formations,
    columns: ['FORMATION', 'DOMAIN'],
    row: ({ id, domain }: Formation) => [id, domain ?? '-'],
    given: async (registry, signal) => [await formationCalled(registry, DEFAULT_FORMATION, signal)],
    mayGo: (registry, [id], signal) => requireEmpty(registry, id!, signal),
  } satisfies Kind<Formation>,
  layers: {
    one: 'layer',
    family: keys.layers,
    columns: ['FORMATION', 'LAYER', 'FLAVOR', 'RUNTIME', 'PROXY', 'CONTROL'],
    row: ({ formation, id, flavor, runtime, proxy, control }: Layer) => [
      formation,
      id,
      flavor || '-',
      ...[runtime, proxy, control].map((flag) => (flag ? 'yes' : 'no')),
    ],
    given: none,
    mayGo: layerMayGo,
  } satisfies Kind<Layer>,
  flavors: {
    one: 'flavor',
    family: keys.flavors,
    columns: ['FLAVOR', 'PROVIDER', 'PARAMS'],
    row: ({ id, provider, params }: Flavor) => [id, provider, pairsOf(params)],
    given: () => Promise.resolve([LOCAL_FLAVOR]),
    mayGo: flavorMayGo,
  } satisfies Kind<Flavor>,
  providers: {
    one: 'provider',
    family: keys.providers,
    columns: ['PROVIDER', 'TYPE', 'PARAMS'],
    row: ({ id, type, params }: Provider) => [id, type, pairsOf(params)],
    given: () =>
      Promise.resolve(
        Object.keys(PROVIDERS).map((id) => ({ id, type: id, params: {}, created: '' })),
      ),
    mayGo: providerMayGo,
  } satisfies Kind<Provider>,
};

async function layerMayGo(registry: Registry, ids: string[], signal: AbortSignal): Promise<void> {
  const [formation, layer] = ids;
  const { items } = await registry.list(keys.nodes, [], signal);
  refuse(
    `layer ${layer}`,
    items
      .filter(({ value }) => value.formation === formation && value.layer === layer)
      .map(({ value }) => `node ${value.id}`),
  );
}

async function flavorMayGo(registry: Registry, [id]: string[], signal: AbortSignal): Promise<void> {
  const { items } = await registry.list(keys.layers, [], signal);
  const using = items.filter(({ value }) => value.flavor === id);
  refuse(
    `flavor ${id}`,
    using.map(({ value }) => `layer ${value.formation} ${value.id}`),
  );
}

async function providerMayGo(
  registry: Registry,
  [id]: string[],
  signal: AbortSignal,
): Promise<void> {
  const [flavors, nodes] = await Promise.all([
    registry.list(keys.flavors, [], signal),
    registry.list(keys.nodes, [], signal),
  ]);
  refuse(`provider ${id}`, [
    ...flavors.items
      .filter(({ value }) => value.provider === id)
      .map(({ value }) => `flavor ${value.id}`),
    ...nodes.items
      .filter(({ value }) => value.provider === id)
      .map(({ value }) => `node ${value.id}`),
  ]);
}

function refuse(what: string, users: readonly string[]): void {
  if (users.length === 0) return;
  throw new DeisError('conflict', `${what} is in use: ${users.toSorted().join(', ')}`);
}
