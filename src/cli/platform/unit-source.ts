// Finds the unit files of the platform's components, so that an operator can keep changed ones of their own.

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { checkoutRoot } from '../../machines/checkout.ts';
import type { Component } from '../../model/components.ts';
import { DeisError } from '../../model/errors.ts';
import { isMissing } from '../../model/missing.ts';
import { requirementProblems } from '../../model/requirement-problems.ts';
import { parseUnitFile } from '../../model/unit-file.ts';
import type { UnitOption } from '../../model/unit.ts';

/** Searched in this order, as Deis v1 did: `$DEISCTL_UNITS`, the operator's own, those that came with this program. */
export function unitDirectories(): string[] {
  const own = process.env['DEISCTL_UNITS'];
  return [
    ...(own === undefined || own === '' ? [] : [own]),
    join(homedir(), '.deis', 'units'),
    join(checkoutRoot(), 'units'),
  ];
}

/** Options of units/deis-<component>[@].service. Throws DeisError 'not-found' or 'invalid' naming file and line. */
export async function unitOptions(
  { name, scalable }: Component,
  directories: readonly string[],
): Promise<UnitOption[]> {
  const file = `deis-${name}${scalable ? '@' : ''}.service`;
  for (const directory of directories) {
    const path = join(directory, file);
    const text = await readIfThere(path);
    if (text !== undefined) return readOptions(path, text);
  }
  throw new DeisError(
    'not-found',
    `there is no unit file ${file}`,
    `Searched: ${directories.join(', ')}.`,
  );
}

/**
 * What `deisctl config platform set enablePlacementOptions=true` adds to a component's units, as in Deis v1: lines of
 * decorators/deis-<component>.service.decorator. None where there is no such file.
 */
export async function decoratorOptions(
  { name }: Component,
  directories: readonly string[],
): Promise<UnitOption[]> {
  for (const directory of directories) {
    const path = join(directory, 'decorators', `deis-${name}.service.decorator`);
    const text = await readIfThere(path);
    if (text !== undefined) return readOptions(path, text);
  }
  return [];
}

/** Options of a unit file's text; `path` is for the error. */
export function readOptions(path: string, text: string): UnitOption[] {
  const parsed = parseUnitFile(text);
  if ('problem' in parsed) {
    throw new DeisError('invalid', `${path}, line ${parsed.line}: ${parsed.problem}`);
  }
  const [problem] = requirementProblems(parsed.options);
  if (problem !== undefined) throw new DeisError('invalid', `${path}: ${problem}`);
  return parsed.options;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new DeisError('invalid', `${path} cannot be read`, '', { cause });
  }
}
