// A deployment: moving an app from what runs now to what is wanted. It lives in the store and any controller may carry it on.

/** Steps in order; a deployment ends in `done` (new everywhere) or `reverted` (old everywhere). */
export type DeploymentStep =
  | 'queued'
  | 'starting' // wanted units of the new side written, waiting until healthy and published
  | 'applying' // waiting until all live routers applied the new endpoints
  | 'restarting' // only kind `restart`: running units restarted one after the other
  | 'withdrawing' // old units told to go: withdrawn, drained, stopped by their agents
  | 'reverting' // new units told to go, old ones kept
  | 'done'
  | 'reverted';

export interface DeploymentEvent {
  /** ISO 8601, UTC. */
  at: string;
  step: DeploymentStep;
  /** Why, in words: the same in the log, the API and the test. */
  reason: string;
}

export interface Deployment {
  app: string;
  id: string;
  /** Who asked. */
  user: string;
  kind: 'deploy' | 'scale' | 'restart' | 'destroy';
  /** Release before and after; equal for scale and restart. */
  from: number;
  to: number;
  /** Wanted number per process type at the end. */
  structure: Record<string, number>;
  /** Structure before, to go back to. */
  before: Record<string, number>;
  step: DeploymentStep;
  /** Unit names started by it, and unit names it replaces. */
  added: string[];
  removed: string[];
  /** Only kind `restart`: per unit the `WantedUnit.restarts` it is brought to, a few at a time. */
  restarts?: Record<string, number>;
  /** ISO 8601: when the present step must be over. Starting reverts then; withdrawing and reverting end then. */
  deadline: string;
  events: DeploymentEvent[];
  /** Set when it ends reverted: which container failed and its last lines. */
  failure?: string;
  /** How the deployment that this record replaced ended, for whoever still waits for it. */
  previous?: { id: string; step: DeploymentStep; failure?: string };
  /** Store revision the routers must have applied before old ones are withdrawn. */
  published?: number;
}

export function isFinished(deployment: Pick<Deployment, 'step'>): boolean {
  return deployment.step === 'done' || deployment.step === 'reverted';
}
