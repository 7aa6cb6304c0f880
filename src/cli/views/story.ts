// Gathers what the store knows of one unit.

import { DeisError } from '../../model/errors.ts';
import type { WantedUnit } from '../../model/unit.ts';
import { keys } from '../../registry/keys.ts';
import type { Held, Registry } from '../../registry/registry.ts';
import { findUnit } from './unit-name.ts';
import type { UnitStory } from './why.ts';

/** Throws DeisError 'not-found' with a suggestion when nobody knows such a unit. */
export async function readStory(
  registry: Registry,
  word: string,
  signal: AbortSignal,
): Promise<UnitStory> {
  const [platform, apps, foreign, placements, states, unschedulable, machines] = await Promise.all([
    registry.list(keys.platformUnits, [], signal),
    registry.list(keys.appUnits, [], signal),
    registry.list(keys.foreignUnits, [], signal),
    registry.list(keys.placements, [], signal),
    registry.list(keys.states, [], signal),
    registry.list(keys.unschedulable, [], signal),
    registry.list(keys.machines, [], signal),
  ]);
  const wanted = [...platform.items, ...apps.items, ...foreign.items].map(({ value }) => value);
  const known = new Set([
    ...wanted.map(({ name }) => name),
    ...states.items.map(({ ids }) => ids[1]!),
    ...placements.items.map(({ ids }) => ids[1]!),
  ]);
  const found = findUnit(word, [...known]);
  if ('problem' in found) throw new DeisError('not-found', found.problem, found.hint);
  const names = new Map(machines.items.map(({ value }) => [value.id, value.name]));
  return {
    unit: found.unit,
    wanted: wanted.find((unit: WantedUnit) => unit.name === found.unit),
    placements: perMachine(placements.items, found.unit, names),
    states: perMachine(states.items, found.unit, names),
    unschedulable: unschedulable.items.find(({ ids }) => ids[0] === found.unit)?.value,
  };
}

function perMachine<T>(
  items: readonly Held<T>[],
  unit: string,
  names: ReadonlyMap<string, string>,
): Map<string, T> {
  const own = items.filter(({ ids }) => ids[1] === unit);
  return new Map(own.map(({ ids, value }) => [names.get(ids[0]!) ?? ids[0]!, value]));
}
