// Since when all new containers have been up without a break. Kept by whoever drives; another driver begins to count anew.

import { type DeploymentView, runningInstance } from './view.ts';

export interface Steady {
  /** Monotonic ms. */
  since: number;
  /** Which containers they were: another container, or a crash, begins anew. */
  containers: string;
}

/** The count after this look; undefined while one of the new units is not up. */
export function lookAgain(
  before: Steady | undefined,
  view: Omit<DeploymentView, 'steadyFor'>,
  monotonic: number,
): Steady | undefined {
  const containers: string[] = [];
  for (const unit of view.deployment.added) {
    const instance = runningInstance(view, unit);
    if (!instance) return undefined;
    const { containerId = '', crashes, restarts } = instance.state;
    containers.push(`${unit} ${instance.machine} ${containerId} ${crashes} ${restarts}`);
  }
  const now: Steady = { since: monotonic, containers: containers.join('\n') };
  return before?.containers === now.containers ? before : now;
}
