// deisctl install and uninstall: make platform units wanted on a machine, and take them away for good.

import { COMPONENTS } from '../../model/components.ts';
import { DeisError } from '../../model/errors.ts';
import type { UnitOption, WantedUnit } from '../../model/unit.ts';
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
} from './operation.ts';
import { inFormation } from './formation-options.ts';
import { waves } from './order.ts';
import { isWhole, unitsToAct, unitsToInstall } from './targets.ts';
import { type Change, changeWanted } from './wanted.ts';

/** `domain`: what a hint may propose when the platform has none yet. `routers`: how many, if not the usual number. */
export async function install(
  operation: Operation,
  words: readonly string[],
  { domain, routers }: { domain?: string | undefined; routers?: number | undefined },
  signal: AbortSignal,
): Promise<void> {
  const targets = targetsOf(words);
  const whole = isWhole(words);
  if (whole) await requireDomain(operation, domain, signal);
  const { names, going } = await installedUnits(operation, signal);
  const { items: machines } = await operation.registry.list(keys.machines, [], signal);
  const most = Math.max(1, machines.length);
  if (routers !== undefined && routers > most) throw tooManyRouters(routers, most);
  const counts = routers === undefined ? {} : { router: routers };
  const units = unitsToInstall(targets, names, most, counts);
  const leaving = units.filter((unit) => going.includes(unit));
  expectNone(await remove(operation, leaving, signal), 'go away');
  if (whole) banner(operation.output, 'Installing');
  const failures = await inWaves(
    waves(units, COMPONENTS, 'up'),
    operation.output,
    (wave) => create(operation, wave.units, 'loaded', signal),
    { onFailure: 'stop', headings: whole },
  );
  expectNone(failures, 'load');
  if (!whole) return;
  operation.output.line('Done.');
  operation.output.line('');
  operation.output.line('Please run `deisctl start platform` to boot up Deis.');
}

/** Makes units wanted in this state and waits until they are; units that exist are left as they are, those that go stay. */
export async function create(
  operation: Operation,
  units: readonly string[],
  desired: 'loaded' | 'launched',
  signal: AbortSignal,
  formation?: string,
): Promise<Failure[]> {
  const files = new Map<string, UnitOption[]>();
  for (const unit of units) {
    files.set(unit, inFormation(await fileOptions(operation, unit, signal), formation));
  }
  const change: Change = (current, name) =>
    current && current.desired !== 'gone'
      ? current
      : newUnit(name, desired, files.get(name) ?? [], current?.restarts);
  return bring(
    operation,
    units,
    change,
    (unit, revision) =>
      desired === 'loaded'
        ? { kind: 'loaded', unit, revision }
        : { kind: 'running', unit, revision, restarts: 0 },
    signal,
  );
}

function newUnit(
  name: string,
  desired: WantedUnit['desired'],
  options: UnitOption[],
  restarts = 0,
): WantedUnit {
  return { name, kind: 'platform', desired, options, restarts };
}

export async function uninstall(
  operation: Operation,
  words: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const targets = targetsOf(words);
  const { names, going } = await installedUnits(operation, signal);
  const found = unitsToAct(targets, [...names, ...going]);
  if ('problem' in found) throw problem(found);
  const whole = isWhole(words);
  if (whole) banner(operation.output, 'Uninstalling');
  const failures = await inWaves(
    waves(found.units, COMPONENTS, 'down'),
    operation.output,
    (wave) => remove(operation, wave.units, signal),
    { onFailure: 'go on', headings: whole },
  );
  expectNone(failures, 'go away');
  if (whole) operation.output.line('Done.');
}

/**
 * Drains, stops and removes units, then deletes their records; carries on with what an interrupted run left. The record of
 * a router that still waits for its clients stays until somebody looks again.
 */
export async function remove(
  operation: Operation,
  units: readonly string[],
  signal: AbortSignal,
): Promise<Failure[]> {
  if (units.length === 0) return [];
  const failures = await bring(
    operation,
    units,
    (current) => current && { ...current, desired: 'gone' },
    (unit) => ({ kind: 'gone', unit }),
    signal,
  );
  const failed = new Set(failures.map(({ unit }) => unit));
  const there = await unitsSomewhere(operation, signal);
  await changeWanted(
    operation.registry,
    keys.platformUnits,
    units.filter((unit) => !failed.has(unit) && !there.has(unit)),
    (current) => (current?.desired === 'gone' ? undefined : current),
    signal,
  );
  return failures;
}

async function unitsSomewhere({ registry }: Operation, signal: AbortSignal): Promise<Set<string>> {
  const [placements, states] = await Promise.all([
    registry.list(keys.placements, [], signal),
    registry.list(keys.states, [], signal),
  ]);
  return new Set([...placements.items, ...states.items].map(({ ids }) => ids[1]!));
}

function tooManyRouters(routers: number, machines: number): DeisError {
  return new DeisError(
    'unschedulable',
    `${routers} routers need as many machines, there are ${machines}`,
    `Give a smaller --router-mesh-size, or bring machines first.`,
  );
}

async function requireDomain(
  { registry }: Operation,
  domain: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (await registry.get(keys.settings, ['platform', 'domain'], signal)) return;
  throw new DeisError(
    'invalid',
    'the platform has no domain yet: apps are served at <app>.<domain>',
    `Set it: deisctl config platform set domain=${domain ?? '<your-domain>'}`,
  );
}
