// Reads what the views show from the store.

import { keys } from '../../registry/keys.ts';
import type { Held, Registry } from '../../registry/registry.ts';
import type { Machine } from '../../model/cluster.ts';
import { type MachineRow, machineRows } from './machines.ts';
import { type UnitRow, unitRows } from './units.ts';

/** Values by the first id of their key. */
export function byId<T>(items: readonly Held<T>[]): Map<string, T> {
  return new Map(items.map(({ ids, value }) => [ids[0]!, value]));
}

export async function readMachines(registry: Registry, signal: AbortSignal): Promise<MachineRow[]> {
  const [machines, alive, lost, orders] = await Promise.all([
    registry.list(keys.machines, [], signal),
    registry.list(keys.alive, [], signal),
    registry.list(keys.lost, [], signal),
    registry.list(keys.orders, [], signal),
  ]);
  return machineRows({
    machines: machines.items.map(({ value }) => value),
    alive: byId(alive.items),
    lost: byId(lost.items),
    orders: byId(orders.items),
  });
}

export interface UnitList {
  rows: UnitRow[];
  machines: Machine[];
}

/** `all`: units of apps and foreign ones too. */
export async function readUnits(
  registry: Registry,
  all: boolean,
  signal: AbortSignal,
): Promise<UnitList> {
  const families = all
    ? [keys.platformUnits, keys.appUnits, keys.foreignUnits]
    : [keys.platformUnits];
  const [states, machines, ...wanted] = await Promise.all([
    registry.list(keys.states, [], signal),
    registry.list(keys.machines, [], signal),
    ...families.map((family) => registry.list(family, [], signal)),
  ]);
  const known = machines.items.map(({ value }) => value);
  const rows = unitRows({
    wanted: wanted.flatMap(({ items }) => items.map(({ value }) => value)),
    states: states.items.map(({ ids, value }) => ({
      machine: ids[0]!,
      unit: ids[1]!,
      state: value,
    })),
    machines: known,
    all,
  });
  return { rows, machines: known };
}
