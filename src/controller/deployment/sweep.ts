// Takes away the records of units that are to go, once no machine has anything of them.

import type { Condition } from '../../ports/store.ts';
import { keys } from '../../registry/keys.ts';
import { type Registry, absent, remove, unchanged } from '../../registry/registry.ts';
import type { World } from './world.ts';

/** etcd takes at most 128 conditions in a transaction. */
const MOST_CONDITIONS = 100;

/** Names of the units whose records were removed. */
export async function sweep(
  registry: Registry,
  world: World,
  signal: AbortSignal,
): Promise<string[]> {
  if (!world.connected) return [];
  const going = world.units.items().filter(({ value }) => value.desired === 'gone');
  if (going.length === 0) return [];
  const present = new Set(
    [...world.states.items(), ...world.placements.items()].map(({ ids }) => ids[1]!),
  );
  const swept: string[] = [];
  for (const { value, modRevision } of going.filter((unit) => !present.has(unit.value.name))) {
    const conditions: Condition[] = [
      unchanged(keys.appUnits, [value.name], modRevision),
      ...world.machineIds().map((machine) => absent(keys.placements, [machine, value.name])),
    ];
    const writes = [remove(keys.appUnits, [value.name])];
    const committed = await registry.commit(conditions.slice(0, MOST_CONDITIONS), writes, signal);
    if (committed.applied) swept.push(value.name);
  }
  return swept;
}
