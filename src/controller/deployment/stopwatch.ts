// How long things have been as they are. Kept by whoever drives; another driver begins to count anew.

import {
  type DeploymentView,
  type Seen,
  currentInstances,
  standingProblem,
  runningInstance,
} from './view.ts';

export interface Stopwatch {
  /** Since when (monotonic ms) all new containers have been up, and which they were; undefined while one is not up. */
  steady: { since: number; containers: string } | undefined;
  /** By unit name: since when (monotonic ms) a problem has stood in its way. */
  troubled: ReadonlyMap<string, number>;
}

export const NOTHING_SEEN: Stopwatch = { steady: undefined, troubled: new Map() };

/** The watch after this look. Another container, or a crash, begins the count of steadiness anew. */
export function lookAgain(before: Stopwatch, seen: Seen, monotonic: number): Stopwatch {
  const containers = containersUp(seen);
  const troubled = new Map<string, number>();
  for (const unit of seen.deployment.added) {
    const problem = currentInstances(seen, unit).find(standingProblem);
    if (problem) troubled.set(unit, before.troubled.get(unit) ?? monotonic);
  }
  if (containers === undefined) return { steady: undefined, troubled };
  const same = before.steady?.containers === containers;
  return { steady: same ? before.steady : { since: monotonic, containers }, troubled };
}

export function durations(
  { steady, troubled }: Stopwatch,
  monotonic: number,
): Pick<DeploymentView, 'steadyFor' | 'troubledFor'> {
  return {
    steadyFor: steady ? monotonic - steady.since : 0,
    troubledFor: new Map([...troubled].map(([unit, since]) => [unit, monotonic - since])),
  };
}

function containersUp(seen: Seen): string | undefined {
  const containers: string[] = [];
  for (const unit of seen.deployment.added) {
    const instance = runningInstance(seen, unit);
    if (!instance) return undefined;
    const { containerId = '', crashes, restarts } = instance.state;
    containers.push(`${unit} ${instance.machine} ${containerId} ${crashes} ${restarts}`);
  }
  return containers.join('\n');
}
