// What the operations on platform units share: what they work with, what exists, and how failures are told.

import { type Component, COMPONENTS } from '../../model/components.ts';
import { DeisError } from '../../model/errors.ts';
import { parsePlatformUnitName } from '../../model/ids.ts';
import type { UnitOption, WantedUnit } from '../../model/unit.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Output } from '../output.ts';
import { type Failure, follow } from './follow.ts';
import type { Goal } from './goal.ts';
import type { Wave } from './order.ts';
import { type Target, type TargetProblem, parseTargets } from './targets.ts';
import { decoratorOptions, unitOptions } from './unit-source.ts';
import { type Change, changeWanted } from './wanted.ts';

/** Setting of the platform: machines are told apart by their metadata controlPlane, dataPlane, routerMesh. */
const PLACEMENT = 'enablePlacementOptions';

export interface Operation {
  registry: Registry;
  output: Output;
  /** Give a wave of units this many ms. */
  timeout: number;
  /** Where unit files are searched. */
  unitDirectories: readonly string[];
}

export interface InstalledUnits {
  /** All but those that are going. */
  names: string[];
  going: string[];
}

export async function installedUnits(
  { registry }: Operation,
  signal: AbortSignal,
): Promise<InstalledUnits> {
  const { items } = await registry.list(keys.platformUnits, [], signal);
  const going = items.filter(({ value }) => value.desired === 'gone');
  return {
    names: items.filter((item) => !going.includes(item)).map(({ value }) => value.name),
    going: going.map(({ value }) => value.name),
  };
}

export function targetsOf(words: readonly string[]): Target[] {
  const parsed = parseTargets(words, COMPONENTS);
  if ('problem' in parsed) throw problem(parsed);
  return parsed.targets;
}

export function problem({ problem: message, hint }: TargetProblem): DeisError {
  return new DeisError('invalid', message, hint);
}

/** Changes the wanted units, then waits until each has got where `goal` says. */
export async function bring(
  operation: Operation,
  units: readonly string[],
  change: Change,
  goal: (unit: string, revision: number) => Goal,
  signal: AbortSignal,
): Promise<Failure[]> {
  const { registry, output, timeout } = operation;
  const revisions = await changeWanted(registry, keys.platformUnits, units, change, signal);
  const goals = units.map((unit) => goal(unit, revisions.get(unit) ?? 0));
  return follow(registry.store, goals, output, { timeout }, signal);
}

/** The options that a unit's file has now, with those that place it on its plane if the platform asks for that. */
export async function fileOptions(
  { registry, unitDirectories }: Operation,
  unit: string,
  signal: AbortSignal,
): Promise<UnitOption[]> {
  const component = componentOf(parsePlatformUnitName(unit)?.component ?? unit);
  const options = await unitOptions(component, unitDirectories);
  const placed = await registry.get(keys.settings, ['platform', PLACEMENT], signal);
  if (placed?.value !== 'true') return options;
  return [...options, ...(await decoratorOptions(component, unitDirectories))];
}

/** A change that gives existing units this desired state and leaves missing ones missing. */
export function wanting(desired: WantedUnit['desired']): Change {
  return (current) => {
    if (!current || current.desired === desired) return current;
    return { ...current, desired };
  };
}

/** Runs `step` wave after wave; `headings`: says which plane, as Deis v1 did when the platform was meant as a whole. */
export async function inWaves(
  waves: readonly Wave[],
  output: Output,
  step: (wave: Wave) => Promise<Failure[]>,
  { onFailure, headings }: { onFailure: 'stop' | 'go on'; headings: boolean },
): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const wave of waves) {
    if (headings) output.line(`${wave.plane}...`);
    failures.push(...(await step(wave)));
    if (failures.length > 0 && onFailure === 'stop') break;
  }
  return failures;
}

/** Throws when something failed: every unit with its reason, and the next command to type. */
export function expectNone(failures: readonly Failure[], did: string): void {
  const [first] = failures;
  if (!first) return;
  const lines = failures.map(({ unit, reason }) => `${unit} did not ${did}: ${reason}`);
  const short = first.unit.replace(/^deis-/, '').replace(/\.service$/, '');
  throw new DeisError(
    'refused',
    lines.join('\n'),
    `See why: deisctl why ${short}\nSee what it said: deisctl journal ${short}`,
  );
}

/** The two other lines of the original's banner are its flag. */
export function banner(output: Output, doing: string): void {
  output.line('● ▴ ■');
  output.line(`■ ● ▴  ${doing} Deis...`);
  output.line('▴ ■ ●');
}

export function componentOf(name: string): Component {
  const component = COMPONENTS.find((candidate) => candidate.name === name);
  if (!component) throw new DeisError('internal', `there is no component ${name}`);
  return component;
}
