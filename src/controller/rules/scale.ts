// How many containers of each process type an app should have: what may be asked, and what a build begins with.

import type { Build } from '../../model/app.ts';
import { PROCESS_TYPE } from '../../model/ids.ts';

export type Structure = Record<string, number>;

/** One app alone must not be able to drown the scheduler. */
const MOST_PER_TYPE = 500;

/** A line of the Procfile that is run once for a release, never scaled. */
export const RELEASE_PHASE = 'release';

/** Process types of a build: those of its Procfile, and always `cmd`, the image's own command. */
export function processTypes(build: Pick<Build, 'procfile'>): string[] {
  const types = Object.keys(build.procfile).filter((type) => type !== RELEASE_PHASE);
  return [...new Set([...types, 'cmd'])];
}

/** The numbers asked for, or what is wrong with them in the words of Deis v1 (reference §1.12). */
export function parseScale(
  body: Record<string, unknown>,
  build: Pick<Build, 'procfile'> | undefined,
): { wanted: Structure } | { problem: string } {
  const wanted: Structure = {};
  for (const [type, value] of Object.entries(body)) {
    const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
    if (!/^[+-]?[0-9]{1,9}$/.test(text)) {
      const shown = typeof value === 'string' ? `'${value.slice(0, 40)}'` : JSON.stringify(value);
      const problem = `Invalid scaling format: invalid literal for int() with base 10: ${shown}`;
      return { problem };
    }
    const number = Number(text);
    if (number < 0)
      return { problem: `Invalid scaling format: ${type}: Must be greater than or equal to zero` };
    if (number > MOST_PER_TYPE)
      return { problem: `Invalid scaling format: ${type}: Must be at most ${MOST_PER_TYPE}` };
    if (build && !(PROCESS_TYPE.test(type) && processTypes(build).includes(type))) {
      return { problem: `Container type ${type} does not exist in application` };
    }
    wanted[type] = number;
  }
  return build ? { wanted } : { problem: 'No build associated with this release' };
}

/** What an app that was never scaled begins with (reference §1.13). */
export function firstStructure(build: Pick<Build, 'procfile' | 'sha' | 'dockerfile'>): Structure {
  const hasWeb = Object.hasOwn(build.procfile, 'web');
  return hasWeb ? { web: 1 } : { cmd: 1 };
}

/**
 * The structure that a new build runs with: types that it no longer has are dropped. When that would silently leave
 * nothing of an app that was running, it begins anew (Deis v1 left such an app down).
 */
export function structureFor(
  build: Pick<Build, 'procfile' | 'sha' | 'dockerfile'>,
  before: Structure,
): Structure {
  if (Object.keys(before).length === 0) return firstStructure(build);
  const types = processTypes(build);
  const kept = Object.fromEntries(Object.entries(before).filter(([type]) => types.includes(type)));
  return total(kept) === 0 && total(before) > 0 ? { ...kept, ...firstStructure(build) } : kept;
}

export function total(structure: Structure): number {
  return Object.values(structure).reduce((sum, number) => sum + number, 0);
}
