// What a deployment can see: one app's wanted units and what machines and routers report of them. Plain data for the plan.

import { exitWords } from '../../model/exit-words.ts';
import type { Deployment } from '../../model/rollout.ts';
import { type UnitState, type WantedUnit, isServing } from '../../model/unit.ts';

export interface Instance {
  /** Machine id. */
  machine: string;
  state: UnitState;
}

export interface RouterView {
  /** Name of its machine. */
  name: string;
  /** Store revision of the endpoints it has confirmed; 0 when it has confirmed none. */
  endpoints: number;
}

export interface DeploymentView {
  deployment: Deployment;
  /** By unit name: the record and the store revision of its last write. */
  units: ReadonlyMap<string, { unit: WantedUnit; revision: number }>;
  /** By unit name; machines declared lost are left out. */
  instances: ReadonlyMap<string, readonly Instance[]>;
  /** By unit name: machines that have a placement of it; machines declared lost are left out. */
  placements: ReadonlyMap<string, readonly string[]>;
  /** By unit name: why it can run nowhere. */
  unschedulable: ReadonlyMap<string, string>;
  /** Routers that are alive. */
  routers: readonly RouterView[];
  /** Names of machines by id, for sentences. */
  machineNames: ReadonlyMap<string, string>;
  /** For how many ms all new units have been up without a break. */
  steadyFor: number;
  /** By unit name: for how many ms a problem has stood in its way. */
  troubledFor: ReadonlyMap<string, number>;
  /** How the release phase stands; undefined: this driver has not begun it. */
  release?: 'running' | 'ended' | { failed: string };
  /** ms since the epoch. */
  now: number;
}

/** What is seen, without what only time can tell. */
export type Seen = Omit<DeploymentView, 'steadyFor' | 'troubledFor' | 'release'>;

/** The instance that runs the unit as it is wanted now, healthy and, if routed, published; else undefined. */
export function runningInstance(view: Seen, name: string): Instance | undefined {
  const wanted = view.units.get(name);
  if (!wanted) return undefined;
  const routed = wanted.unit.process?.routed ?? false;
  return currentInstances(view, name).find(
    ({ state }) => isServing(state) && (!routed || state.published !== undefined),
  );
}

/** Instances that are about the unit's present record and have carried out its restarts. */
export function currentInstances(view: Seen, name: string): Instance[] {
  const wanted = view.units.get(name);
  if (!wanted) return [];
  return (view.instances.get(name) ?? []).filter(
    ({ state }) => state.revision >= wanted.revision && state.restarts >= wanted.unit.restarts,
  );
}

/**
 * What keeps the unit from running on its machine, in words: its image, its file, its own failure. It is tried again
 * there (systemd shows `failed` for a moment between two tries), so only one that stands for long counts. Undefined when there is none.
 */
export function standingProblem({ state }: Instance): string | undefined {
  if (state.phase === 'failed') return told(state);
  return state.phase === 'pending' || state.phase === 'pulling' ? state.message : undefined;
}

/** The last that is known of why a container ended. */
export function told({ message, exitCode, outOfMemory }: UnitState): string {
  return message ?? (exitCode === undefined ? 'no reason given' : exitWords(exitCode, outOfMemory));
}

/** The same of one that crashed and may run again by now. */
export function toldOfCrash(state: UnitState): string {
  const { lastEnd } = state;
  return lastEnd ? exitWords(lastEnd.exitCode, lastEnd.outOfMemory) : told(state);
}

/** Nothing of the unit is left on any machine that is not lost. */
export function isGone(view: DeploymentView, name: string): boolean {
  const instances = view.instances.get(name) ?? [];
  const reportedGone = (machine: string): boolean =>
    instances.some((instance) => instance.machine === machine && instance.state.phase === 'gone');
  return (
    instances.every(({ state }) => state.phase === 'gone') &&
    (view.placements.get(name) ?? []).every(reportedGone)
  );
}
