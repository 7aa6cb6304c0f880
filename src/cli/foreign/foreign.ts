// deisctl submit and destroy: units that are neither the platform's nor an app's, as fleetctl's users had them.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { DeisError } from '../../model/errors.ts';
import { globMatches } from '../../model/glob.ts';
import { isPlatformsName, isTemplateName, unitNameProblem } from '../../model/ids.ts';
import { isMissing } from '../../model/missing.ts';
import type { UnitOption, WantedUnit } from '../../model/unit.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { follow } from '../platform/follow.ts';
import { readOptions } from '../platform/unit-source.ts';
import { changeWanted } from '../platform/wanted.ts';
import type { Output } from '../output.ts';

export interface ForeignOperation {
  registry: Registry;
  output: Output;
  /** Give up waiting after this many ms. */
  timeout: number;
}

/**
 * Stores the units of these files; with `start`, has them placed, started and waits. `x@1.service` may be given when only
 * `x@.service` exists. Throws DeisError 'conflict' when a unit of that name exists with other contents.
 */
export async function submit(
  operation: ForeignOperation,
  paths: readonly string[],
  start: boolean,
  signal: AbortSignal,
): Promise<void> {
  const units = new Map<string, UnitOption[]>();
  for (const path of paths) units.set(nameOf(path, start), await optionsOf(path));
  const names = [...units.keys()];
  const desired = start ? 'launched' : 'inactive';
  const revisions = await changeWanted(
    operation.registry,
    keys.foreignUnits,
    names,
    (current, name) => resubmitted(current, name, units.get(name) ?? [], desired),
    signal,
  );
  if (!start) {
    for (const name of names) operation.output.line(`${name}: inactive`);
    return;
  }
  const goals = names.map((unit) => ({
    kind: 'running' as const,
    unit,
    revision: revisions.get(unit) ?? 0,
    restarts: 0,
  }));
  await followAll(operation, goals, 'start', signal);
}

function resubmitted(
  current: WantedUnit | undefined,
  name: string,
  options: UnitOption[],
  desired: 'launched' | 'inactive',
): WantedUnit {
  if (!current) return { name, kind: 'foreign', desired, options, restarts: 0 };
  if (JSON.stringify(current.options) !== JSON.stringify(options)) {
    throw new DeisError(
      'conflict',
      `${name} exists already with other contents`,
      `To replace it: deisctl destroy ${name}, then submit it again.`,
    );
  }
  return desired === 'launched' && current.desired !== 'launched'
    ? { ...current, desired }
    : current;
}

/** Stops and removes units named exactly or by a pattern (`x@*.service`), and forgets them. */
export async function destroy(
  operation: ForeignOperation,
  patterns: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { items } = await operation.registry.list(keys.foreignUnits, [], signal);
  const known = items.map(({ value }) => value.name);
  const names = new Set<string>();
  for (const pattern of patterns) {
    const found = known.filter((name) => name === pattern || globMatches(pattern, name));
    if (found.length === 0) {
      throw new DeisError(
        'not-found',
        `no submitted unit is called ${pattern}`,
        'See all units: deisctl list --all',
      );
    }
    for (const name of found) names.add(name);
  }
  const leaving = [...names];
  await changeWanted(
    operation.registry,
    keys.foreignUnits,
    leaving,
    (current) =>
      !current || current.desired === 'gone' ? current : { ...current, desired: 'gone' },
    signal,
  );
  const goals = leaving.map((unit) => ({ kind: 'gone' as const, unit }));
  await followAll(operation, goals, 'go away', signal);
  await changeWanted(
    operation.registry,
    keys.foreignUnits,
    leaving,
    (current) => (current?.desired === 'gone' ? undefined : current),
    signal,
  );
}

async function followAll(
  { registry, output, timeout }: ForeignOperation,
  goals: Parameters<typeof follow>[1],
  did: string,
  signal: AbortSignal,
): Promise<void> {
  const failures = await follow(registry.store, goals, output, { timeout }, signal);
  const [first] = failures;
  if (!first) return;
  const lines = failures.map(({ unit, reason }) => `${unit} did not ${did}: ${reason}`);
  throw new DeisError('refused', lines.join('\n'), `See why: deisctl why ${first.unit}`);
}

function nameOf(path: string, start: boolean): string {
  const name = basename(path);
  const problem = unitNameProblem(name);
  if (problem !== undefined) throw new DeisError('invalid', problem);
  if (isPlatformsName(name)) {
    throw new DeisError(
      'invalid',
      `${name} is a name of the platform itself`,
      'Give the file another name; for a component use deisctl install.',
    );
  }
  if (start && isTemplateName(name)) {
    throw new DeisError(
      'invalid',
      `${name} is a template and cannot run itself`,
      `Start an instance of it: ${name.replace('@.', '@1.')}`,
    );
  }
  return name;
}

async function optionsOf(path: string): Promise<UnitOption[]> {
  const template = path.replace(/@[^/@]+(\.[a-z]+)$/, '@$1');
  for (const file of new Set([path, template])) {
    try {
      return readOptions(file, await readFile(file, 'utf8'));
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
    }
  }
  throw new DeisError('not-found', `there is no file ${path}`);
}
