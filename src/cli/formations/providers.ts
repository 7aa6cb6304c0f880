// Providers by name: those that operators made, and each type under its own name.

import type { Flavor } from '../../model/formation.ts';
import { DeisError } from '../../model/errors.ts';
import type { MachineProvider } from '../../machines/providers/provider.ts';
import { PROVIDERS } from '../../machines/providers/providers.ts';
import type { Condition } from '../../ports/store.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { mustGet, stillThere } from './records.ts';

export interface KnownProvider {
  machines: MachineProvider;
  params: Record<string, string>;
  /** Throws DeisError 'invalid' naming what is wrong with a flavor's params. */
  check(params: Record<string, string>): void;
}

export function requireType(type: string): MachineProvider {
  const machines = Object.hasOwn(PROVIDERS, type) ? PROVIDERS[type] : undefined;
  if (machines) return machines;
  const types = Object.keys(PROVIDERS).join(', ');
  throw new DeisError('invalid', `there is no type of provider "${type}"`, `Types: ${types}.`);
}

/** Machines of this box, without anybody having made a flavor of them. */
export const LOCAL_FLAVOR: Flavor = { id: 'local', provider: 'local', params: {}, created: '' };

/** Throws DeisError 'not-found'. */
export async function flavorCalled(
  registry: Registry,
  id: string,
  signal: AbortSignal,
): Promise<Flavor> {
  const found = await registry.get(keys.flavors, [id], signal);
  if (!found && id === LOCAL_FLAVOR.id) return LOCAL_FLAVOR;
  return mustGet(registry, 'flavor', keys.flavors, [id], signal, [LOCAL_FLAVOR.id]);
}

/** Holds while the flavor ('': none) is there. Throws DeisError 'not-found'. */
export async function flavorThere(
  registry: Registry,
  id: string,
  signal: AbortSignal,
): Promise<Condition[]> {
  if (id === '') return [];
  return await stillThere(registry, 'flavor', keys.flavors, [id], [LOCAL_FLAVOR.id], signal);
}

/** Throws DeisError 'not-found'. */
export async function providerCalled(
  registry: Registry,
  id: string,
  signal: AbortSignal,
): Promise<KnownProvider> {
  const own = (await registry.get(keys.providers, [id], signal))?.value;
  if (!own && !Object.hasOwn(PROVIDERS, id)) {
    const { items } = await registry.list(keys.providers, [], signal);
    const names = [...Object.keys(PROVIDERS), ...items.map(({ value }) => value.id)];
    throw new DeisError(
      'not-found',
      `there is no provider "${id}"`,
      `There are: ${names.join(', ')}.`,
    );
  }
  const machines = requireType(own?.type ?? id);
  const shared = own?.params ?? {};
  return {
    machines,
    params: shared,
    check: (params) => machines.check({ ...shared, ...params }),
  };
}
