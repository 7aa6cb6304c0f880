// Could any machine run this? Tags that no machine has and limits that no machine can hold are refused at once (v1 hung).

import { formatBytes } from '../../model/capacity.ts';
import type { Machine } from '../../model/cluster.ts';
import { DEFAULT_FORMATION, placeProblem } from '../../model/formation.ts';
import { memoryBytes } from './limits.ts';
import type { Problem, Settings } from './settings.ts';

type Known = Pick<Machine, 'name' | 'metadata' | 'capacity'>;

/** Could a machine with these labels run containers of an app of this formation? */
export function isHomeFor(formation: string | undefined) {
  const home = { formation: formation ?? DEFAULT_FORMATION, plane: 'runtime' as const };
  return ({ metadata }: Pick<Machine, 'metadata'>): boolean =>
    placeProblem(home, metadata) === undefined;
}

/** Machines told of in one sentence. */
const TOLD = 20;

/** What stands against the settings on every machine; undefined when one could run them, or when none is known. */
export function placementProblem(
  { tags, memory }: Pick<Settings, 'tags' | 'memory'>,
  machines: readonly Known[],
): Problem | undefined {
  if (machines.length === 0) return undefined;
  const fitting = machines.filter(({ metadata }) =>
    Object.entries(tags).every(([key, value]) => metadata[key] === value),
  );
  if (fitting.length === 0) {
    const told = machines.map(({ name, metadata }) => `${name} has ${labels(metadata)}`);
    const message = `No machine matches ${labels(tags)}: ${list(told)}`;
    return { field: 'tags', message };
  }
  for (const [type, limit] of Object.entries(memory)) {
    const bytes = memoryBytes(limit) ?? 0;
    if (fitting.some(({ capacity }) => capacity.memory === 0 || bytes <= capacity.memory)) continue;
    const told = fitting.map(({ name, capacity }) => `${name} has ${formatBytes(capacity.memory)}`);
    const which =
      Object.keys(tags).length > 0 ? `No machine that matches ${labels(tags)}` : 'No machine';
    return {
      field: 'memory',
      message: `${which} has ${limit} of memory for ${type}: ${list(told)}`,
    };
  }
  return undefined;
}

/** `rack=1 ssd=true`, or `no tags`. */
function labels(metadata: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(metadata).map(([key, value]) => `${key}=${value}`);
  return pairs.length > 0 ? pairs.sort().join(' ') : 'no tags';
}

function list(told: readonly string[]): string {
  const rest = told.length - TOLD;
  return `${told.slice(0, TOLD).join(', ')}${rest > 0 ? `, and ${rest} more` : ''}.`;
}
