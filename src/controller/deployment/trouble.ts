// Why a new container will not come up: the sentence that a failed deployment ends with.

import { parseContainerName } from '../../model/ids.ts';
import type { UnitState } from '../../model/unit.ts';
import {
  type DeploymentView,
  type Instance,
  currentInstances,
  standingProblem,
  runningInstance,
  toldOfCrash,
} from './view.ts';

/** What kind of trouble it is: each has its own next step (failure.ts). */
export type Cause =
  'crashed' | 'out-of-memory' | 'image' | 'unhealthy' | 'unplaced' | 'routers' | 'release-phase';

export interface Trouble {
  /** Empty when it is about no container. */
  unit: string;
  cause: Cause;
  /** `web.1 on ada: …` */
  reason: string;
}

/** A container that had to be started again this often will not come up by waiting. */
const CRASHES_THAT_CONDEMN = 3;

/** An image that could not be pulled, an Engine that does not answer, a first crash: for how long it may be tried again, ms. */
const PATIENCE_MS = 15_000;

/** The first of `names` that cannot come up any more, and why; undefined while there is hope for all. */
export function firstTrouble(view: DeploymentView, names: readonly string[]): Trouble | undefined {
  for (const unit of names) {
    if (runningInstance(view, unit)) continue;
    const trouble = condemned(view, unit);
    if (trouble) return trouble;
  }
  return undefined;
}

/** The first of `names` that is not up yet, with what is known about it: for when the time is over. */
export function firstMissing(view: DeploymentView, names: readonly string[]): Trouble | undefined {
  const unit = names.find((name) => !runningInstance(view, name));
  if (unit === undefined) return undefined;
  const instance = currentInstances(view, unit)[0];
  if (!instance) {
    const reason = `${processName(unit)}: no machine has started it in time`;
    return { unit, cause: 'unplaced', reason };
  }
  const { state } = instance;
  const known = state.message ?? `it is ${state.phase}, ${state.active}, health ${state.health}`;
  const reason = `${where(view, unit, instance)}: not healthy in time: ${known}`;
  return { unit, cause: causeOf(state, 'unhealthy'), reason };
}

/** `web.1` for `app_v3.web.1.service`. */
export function processName(unit: string): string {
  const name = parseContainerName(unit);
  return name ? `${name.type}.${name.num}` : unit;
}

function condemned(view: DeploymentView, unit: string): Trouble | undefined {
  const unplaced = view.unschedulable.get(unit);
  if (unplaced !== undefined && (view.placements.get(unit) ?? []).length === 0) {
    const reason = `${processName(unit)} can run on no machine: ${unplaced}`;
    return { unit, cause: 'unplaced', reason };
  }
  for (const instance of currentInstances(view, unit)) {
    const { state } = instance;
    if (state.crashes >= CRASHES_THAT_CONDEMN) {
      const reason = `${where(view, unit, instance)} crashed ${state.crashes} times: ${toldOfCrash(state)}`;
      return { unit, cause: causeOf(state, 'crashed'), reason };
    }
    const problem = standingProblem(instance);
    if (problem !== undefined && (view.troubledFor.get(unit) ?? 0) >= PATIENCE_MS) {
      const reason = `${where(view, unit, instance)} cannot be started: ${problem}`;
      return { unit, cause: causeOf(state, 'crashed'), reason };
    }
  }
  return undefined;
}

function causeOf({ phase, outOfMemory, lastEnd }: UnitState, otherwise: Cause): Cause {
  if (outOfMemory || lastEnd?.outOfMemory) return 'out-of-memory';
  return phase === 'pulling' || phase === 'pending' ? 'image' : otherwise;
}

function where(view: DeploymentView, unit: string, { machine }: Instance): string {
  return `${processName(unit)} on ${view.machineNames.get(machine) ?? machine.slice(0, 8)}`;
}
