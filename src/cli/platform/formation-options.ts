// What makes a router the router of a formation: lines of its unit that its file does not have.

import { FORMATION_VARIABLE } from '../../model/formation.ts';
import { formationOf } from '../../model/requirements.ts';
import type { UnitOption } from '../../model/unit.ts';

/** The file's options, for a unit of this formation (undefined: the default one). */
export function inFormation(
  options: readonly UnitOption[],
  formation: string | undefined,
): UnitOption[] {
  if (formation === undefined) return [...options];
  const line = (name: string, value: string): UnitOption => ({ section: 'X-Deis', name, value });
  return [
    ...options,
    line('Formation', formation),
    line('Environment', `${FORMATION_VARIABLE}=${formation}`),
  ];
}

/** The file's options for a unit that exists: it stays in its formation. */
export function asBefore(
  options: readonly UnitOption[],
  present: readonly UnitOption[],
): UnitOption[] {
  return inFormation(options, formationOf(present));
}
