// What a unit's [X-Fleet] and [X-Deis] sections demand of the scheduler; rules and oddities as in fleet 1.0's code.

import { type Reservation, reservationOf } from './capacity.ts';
import { DEFAULT_FORMATION, type Home } from './formation.ts';
import { parsePlatformUnitName } from './ids.ts';
import type { UnitOption, WantedUnit } from './unit.ts';
import { optionValues } from './unit-file.ts';

export interface Requirements {
  /** Full machine id or its first 8 characters. */
  machineId?: string;
  /** Names of units that must be on the same machine. */
  machineOf: string[];
  /** Per key the values of which one must match. */
  metadata: ReadonlyMap<string, readonly string[]>;
  /** Patterns of unit names that may not be on the same machine, and that have to leave it. */
  conflicts: string[];
  replaces: string[];
  /** On every machine that matches. */
  global: boolean;
  /** `stop`: must never run twice, so it is stopped before it is started elsewhere. */
  onDisconnect: 'keep' | 'stop';
}

/** Requirements and reservation of one wanted unit: all that placing needs to know of it. */
export interface Demand extends Requirements {
  name: string;
  reserved: Reservation;
  /** Its place in formations and layers; absent: anywhere. */
  home?: Home;
}

/** The formation that a unit's [X-Deis] names; undefined: none. */
export function formationOf(options: readonly UnitOption[]): string | undefined {
  return optionValues(options, 'X-Deis', 'Formation').at(-1);
}

/** Apps belong to runtime layers, routers to proxy layers, the platform's other parts to control layers; foreign units go anywhere. */
function homeOf({ name, kind, options }: WantedUnit): Home | undefined {
  const formation = formationOf(options);
  switch (kind) {
    case 'app':
      return { formation: formation ?? DEFAULT_FORMATION, plane: 'runtime' };
    case 'platform':
      return parsePlatformUnitName(name)?.component === 'router'
        ? { formation: formation ?? DEFAULT_FORMATION, plane: 'proxy' }
        : { formation, plane: 'control' };
    case 'foreign':
      return undefined;
  }
}

/** `"a" "b c"` are two values; quotes are dropped and cannot be escaped. Only in [X-Fleet]. */
export function splitQuoted(value: string): string[] {
  if (!value.startsWith('"') || !value.endsWith('"')) return [value];
  const values = [''];
  let quoted = false;
  for (const character of value) {
    if (character === '"') quoted = !quoted;
    else if (character === ' ' && !quoted) values.push('');
    else values[values.length - 1] += character;
  }
  return values;
}

/** `%n` name, `%N` name without type, `%p` prefix, `%i` instance; replaced in this order, nothing else is. */
export function expandSpecifiers(value: string, unitName: string): string {
  const dot = unitName.lastIndexOf('.');
  const stem = dot === -1 ? unitName : unitName.slice(0, dot);
  const at = stem.indexOf('@');
  const prefix = at === -1 ? stem : stem.slice(0, at);
  const instance = at === -1 ? '' : stem.slice(at + 1);
  return value
    .replaceAll('%n', () => unitName)
    .replaceAll('%N', () => stem)
    .replaceAll('%p', () => prefix)
    .replaceAll('%i', () => instance);
}

/** Values of some [X-Fleet] options, name by name, expanded when `unitName` is given. */
function fleetValues(options: readonly UnitOption[], names: string[], unitName?: string): string[] {
  const values = names.flatMap((name) => optionValues(options, 'X-Fleet', name));
  return values
    .flatMap(splitQuoted)
    .map((value) => (unitName === undefined ? value : expandSpecifiers(value, unitName)));
}

/** A pair without exactly one `=`, or with an empty side, constrains nothing. */
function metadataOf(pairs: string[]): Map<string, string[]> {
  const metadata = new Map<string, string[]>();
  for (const pair of pairs) {
    const [key, value, ...more] = pair.split('=');
    if (!key || !value || more.length > 0) continue;
    metadata.set(key, [...(metadata.get(key) ?? []), value]);
  }
  return metadata;
}

const TRUE = new Set(['true', 'yes', '1', 'on', 't']);
const MACHINE_ID = ['MachineID', 'X-ConditionMachineID', 'X-ConditionMachineBootID'];
const METADATA = ['X-ConditionMachineMetadata', 'MachineMetadata'];

/** Reads the options; without `unitName` specifiers stay as they are (how fleet checks templates). */
export function parseRequirements(options: readonly UnitOption[], unitName?: string): Requirements {
  const values = (...names: string[]): string[] => fleetValues(options, names, unitName);
  const words = (...names: string[]): string[] =>
    values(...names).flatMap((value) => value.split(/\s+/).filter((word) => word !== ''));
  const machineId = values(...MACHINE_ID)[0];
  const onDisconnect = optionValues(options, 'X-Deis', 'OnDisconnect').at(-1);
  return {
    ...(machineId === undefined ? {} : { machineId }),
    machineOf: values('X-ConditionMachineOf', 'MachineOf'),
    metadata: metadataOf(values(...METADATA)),
    conflicts: words('X-Conflicts', 'Conflicts'),
    replaces: values('Replaces'),
    global: TRUE.has((values('Global').at(-1) ?? '').toLowerCase()),
    onDisconnect: onDisconnect === 'stop' ? 'stop' : 'keep',
  };
}

/** A record does not change once read, so what it demands is read out of it once. */
const demands = new WeakMap<WantedUnit, Demand>();

export function demandOf(unit: WantedUnit): Demand {
  const known = demands.get(unit);
  if (known) return known;
  const home = homeOf(unit);
  const demand: Demand = {
    ...parseRequirements(unit.options, unit.name),
    name: unit.name,
    reserved: reservationOf(unit),
    ...(home && { home }),
  };
  demands.set(unit, demand);
  return demand;
}
