// Which containers a change starts and which it takes away. Names of records that still exist are never used again.

import { type ContainerName, appUnitName, parseContainerName } from '../../model/ids.ts';
import type { WantedUnit } from '../../model/unit.ts';
import { isRouted } from '../app/unit.ts';
import type { Structure } from '../rules/scale.ts';

export interface Sides {
  added: string[];
  removed: string[];
  /** Per unit the number of restarts it is brought to. */
  restarts?: Record<string, number>;
}

type Named = ContainerName & { unit: string };

/** All of a release's containers beside the old ones, which all go. */
export function deploySides(
  app: string,
  to: number,
  wanted: Structure,
  units: readonly WantedUnit[],
): Sides {
  const taken = new Set(units.map((unit) => unit.name));
  const added = Object.entries(wanted).flatMap(([type, count]) =>
    freeNames({ app, release: to, type }, count, taken),
  );
  return { added, removed: standing(units).map(({ unit }) => unit) };
}

/** Types that are not named stay as they are; of the others the highest numbers go. */
export function scaleSides(
  app: string,
  release: number,
  wanted: Structure,
  units: readonly WantedUnit[],
): Sides {
  const taken = new Set(units.map((unit) => unit.name));
  const sides: Sides = { added: [], removed: [] };
  for (const [type, count] of Object.entries(wanted)) {
    const present = standing(units).filter((name) => name.type === type);
    sides.added.push(...freeNames({ app, release, type }, count - present.length, taken));
    sides.removed.push(...present.slice(count).map(({ unit }) => unit));
  }
  return sides;
}

/**
 * One restart more for each container of that type and number (absent: all). A routed type with a single container
 * gets a stand-in first, so that its requests have somewhere to go.
 */
export function restartSides(
  app: string,
  release: number,
  units: readonly WantedUnit[],
  which: { type?: string; num?: number },
): Sides {
  const taken = new Set(units.map((unit) => unit.name));
  const present = standing(units);
  const chosen = present.filter(
    ({ type, num }) => (which.type ?? type) === type && (which.num ?? num) === num,
  );
  const restarts = Object.fromEntries(
    chosen.map(({ unit }) => [unit, 1 + (units.find(({ name }) => name === unit)?.restarts ?? 0)]),
  );
  const lonely = chosen.filter(
    ({ type }) => isRouted(type) && present.filter((other) => other.type === type).length === 1,
  );
  const standIns = lonely.flatMap(({ type }) => freeNames({ app, release, type }, 1, taken));
  return { added: standIns, removed: standIns, restarts };
}

/** Containers that are to run, by type and number. */
export function standing(units: readonly WantedUnit[]): Named[] {
  return units
    .filter((unit) => unit.desired !== 'gone')
    .flatMap((unit) => {
      const name = parseContainerName(unit.name);
      return name ? [{ ...name, unit: unit.name }] : [];
    })
    .sort((a, b) => a.type.localeCompare(b.type) || a.num - b.num);
}

/** The lowest free numbers. */
function freeNames(
  kind: Omit<ContainerName, 'num'>,
  count: number,
  taken: ReadonlySet<string>,
): string[] {
  const names: string[] = [];
  for (let num = 1; names.length < count; num += 1) {
    const unit = appUnitName({ ...kind, num });
    if (!taken.has(unit)) names.push(unit);
  }
  return names;
}
