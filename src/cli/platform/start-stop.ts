// deisctl start, stop and restart: change what is wanted of installed platform units and wait for the machines.

import { isDeepStrictEqual } from 'node:util';
import { COMPONENTS } from '../../model/components.ts';
import { DeisError } from '../../model/errors.ts';
import type { WantedUnit } from '../../model/unit.ts';
import { keys } from '../../registry/keys.ts';
import type { Failure } from './follow.ts';
import {
  type Operation,
  banner,
  bring,
  expectNone,
  fileOptions,
  inWaves,
  installedUnits,
  problem,
  targetsOf,
  wanting,
} from './operation.ts';
import { asBefore } from './formation-options.ts';
import { waves } from './order.ts';
import { untilRouted } from './routed.ts';
import { isWhole, unitsToAct } from './targets.ts';

export async function start(
  operation: Operation,
  words: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const units = await unitsMeant(operation, words, signal);
  const whole = isWhole(words);
  if (whole) banner(operation.output, 'Starting');
  const restarts = new Map<string, number>();
  const launch = wanting('launched');
  const failures = await inWaves(
    waves(units, COMPONENTS, 'up'),
    operation.output,
    (wave) =>
      bring(
        operation,
        wave.units,
        (current, name) => {
          restarts.set(name, current?.restarts ?? 0);
          return launch(current, name);
        },
        (unit, revision) => ({
          kind: 'running',
          unit,
          revision,
          restarts: restarts.get(unit) ?? 0,
        }),
        signal,
      ),
    { onFailure: 'stop', headings: whole },
  );
  expectNone(failures, 'start');
  if (!whole) return;
  if (!(await untilRouted(operation.registry, signal))) {
    operation.output.line('Not every router leads to the API yet. See why: deisctl doctor');
  }
  operation.output.line('Done.');
  operation.output.line('');
  operation.output.line('Please use `deis register` to set up an administrator account.');
}

export async function stop(
  operation: Operation,
  words: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const units = await unitsMeant(operation, words, signal);
  const whole = isWhole(words);
  if (whole) banner(operation.output, 'Stopping');
  const failures = await inWaves(
    waves(units, COMPONENTS, 'down'),
    operation.output,
    (wave) =>
      bring(
        operation,
        wave.units,
        wanting('loaded'),
        (unit, revision) => ({ kind: 'dead', unit, revision }),
        signal,
      ),
    { onFailure: 'go on', headings: whole },
  );
  expectNone(failures, 'stop');
  if (whole) operation.output.line('Done.');
}

/**
 * One unit after the other, in start order: the others of its component go on serving. Each comes back as its unit file is now,
 * so that a newer deisctl, or an operator's own file, takes effect.
 */
export async function restart(
  operation: Operation,
  words: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const units = await unitsMeant(operation, words, signal);
  const order = waves(units, COMPONENTS, 'up').flatMap((wave) => wave.units);
  for (const unit of order) expectNone(await restartOne(operation, unit, signal), 'restart');
}

async function restartOne(
  operation: Operation,
  unit: string,
  signal: AbortSignal,
): Promise<Failure[]> {
  const options = await fileOptions(operation, unit, signal);
  let restarts = 0;
  const again = (current: WantedUnit | undefined): WantedUnit | undefined => {
    if (!current) return undefined;
    // A unit that was not started is simply started.
    restarts = current.desired === 'launched' ? current.restarts + 1 : current.restarts;
    return {
      ...current,
      desired: 'launched',
      restarts,
      options: asBefore(options, current.options),
    };
  };
  return bring(
    operation,
    [unit],
    again,
    (name, revision) => ({ kind: 'running', unit: name, revision, restarts }),
    signal,
  );
}

/** Installed units, as `restart` takes them, that are not what their files say now: a newer deisctl brought other files. */
export async function outdated(operation: Operation, signal: AbortSignal): Promise<string[]> {
  const { items } = await operation.registry.list(keys.platformUnits, [], signal);
  const compared = await Promise.all(
    items
      .filter(({ value }) => value.desired !== 'gone')
      .map(async ({ value: { name, options } }) => ({
        name,
        same: isDeepStrictEqual(
          options,
          asBefore(await fileOptions(operation, name, signal), options),
        ),
      })),
  );
  return compared.filter(({ same }) => !same).map(({ name }) => name.replace(/\.service$/, ''));
}

/** Installed units that these words mean. Throws DeisError 'not-found' when there is none of them. */
export async function unitsMeant(
  operation: Operation,
  words: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const targets = targetsOf(words);
  const { names } = await installedUnits(operation, signal);
  const found = unitsToAct(targets, names);
  if ('problem' in found) throw problem(found);
  if (found.units.length === 0) {
    throw new DeisError(
      'not-found',
      `nothing of ${words.join(', ')} is installed`,
      `Install it: deisctl install ${words.join(' ')}`,
    );
  }
  return found.units;
}
