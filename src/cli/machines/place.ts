// Which machine `deisctl ssh` and `deisctl dock` mean.

import type { Machine } from '../../model/cluster.ts';
import { DeisError } from '../../model/errors.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { findMachine } from '../views/machines.ts';
import { findUnit } from '../views/unit-name.ts';

export interface Place {
  machine: Machine;
  unit: string;
}

/** A machine by name, address or beginning of its id, else where a unit is. Throws DeisError 'not-found'. */
export async function machineOf(
  registry: Registry,
  word: string,
  signal: AbortSignal,
): Promise<Machine> {
  const { items } = await registry.list(keys.machines, [], signal);
  const machines = items.map(({ value }) => value);
  const found = findMachine(word, machines);
  if (!('problem' in found)) return found;
  const place = await placeOf(registry, word, signal).catch((error: unknown) => error);
  if (!(place instanceof Error)) return (place as Place).machine;
  if (!(place instanceof DeisError) || place.code !== 'not-found') throw place;
  const names = machines.map(({ name }) => name).join(', ');
  throw new DeisError(
    'not-found',
    `"${word}" is neither a machine (${names}) nor a unit`,
    place.hint,
  );
}

/** Where a unit runs; the first that begins so (`myapp_v3`), if none is called exactly so. Throws DeisError 'not-found'. */
export async function placeOf(
  registry: Registry,
  word: string,
  signal: AbortSignal,
): Promise<Place> {
  const [placements, states, machines, platform] = await Promise.all([
    registry.list(keys.placements, [], signal),
    registry.list(keys.states, [], signal),
    registry.list(keys.machines, [], signal),
    registry.list(keys.platformUnits, [], signal),
  ]);
  const runs = placements.items.filter(({ value }) => value.want === 'run');
  const where = [...runs, ...states.items].map(({ ids: [machine = '', unit = ''] }) => ({
    machine,
    unit,
  }));
  const names = [
    ...where.map(({ unit }) => unit),
    ...platform.items.map(({ value }) => value.name),
  ];
  const unit = unitMeant(word, [...new Set(names)]);
  const at = where.find((place) => place.unit === unit);
  const machine = machines.items.find(({ value }) => value.id === at?.machine)?.value;
  if (machine) return { machine, unit };
  throw new DeisError('not-found', `${unit} is on no machine`, `See why: deisctl why ${word}`);
}

function unitMeant(word: string, names: readonly string[]): string {
  const found = findUnit(word, names);
  if ('unit' in found) return found.unit;
  const begins = names
    .filter((name) => name.startsWith(word) || name.startsWith(`deis-${word}`))
    .toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true }));
  if (begins[0] !== undefined) return begins[0];
  throw new DeisError('not-found', found.problem, found.hint);
}
