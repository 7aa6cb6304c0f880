// A deployment: moving an app from what runs now to what is wanted. It lives in the store and any controller may carry it on.

import type { DeployPolicy } from './deploy-policy.ts';

/** Steps in order; a deployment ends in `done` (new everywhere) or `reverted` (old everywhere). */
export type DeploymentStep =
  | 'queued'
  | 'releasing' // the release phase runs: nothing has been started or stopped yet
  | 'starting' // wanted units of the new side written, waiting until healthy and published
  | 'applying' // waiting until all live routers applied the new endpoints
  | 'restarting' // only kind `restart`: running units restarted one after the other
  | 'paused' // it failed and the app's policy says: wait for somebody to resume or cancel it
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
  /** What the app had set when it began. */
  policy?: Partial<DeployPolicy>;
  /** The release phase's line; absent: there is none. */
  releaseCommand?: string;
  /** Seconds for the new side to come up. */
  startSeconds?: number;
  /** ISO 8601: when the present step must be over. Starting reverts then; withdrawing and reverting end then. */
  deadline: string;
  /** ISO 8601: absent from records of earlier versions. */
  began?: string;
  events: DeploymentEvent[];
  /** Set when it ends reverted: which container failed and its last lines. */
  failure?: string;
  /** How the deployment that this record replaced ended, for whoever still waits for it. */
  previous?: { id: string; step: DeploymentStep; failure?: string };
  /** Store revision the routers must have applied before old ones are withdrawn. */
  published?: number;
}

/** One that has ended, as it is kept for `deis deployments`. */
export interface PastDeployment extends Pick<
  Deployment,
  'app' | 'id' | 'user' | 'kind' | 'from' | 'to' | 'step' | 'events' | 'failure'
> {
  /** ISO 8601, UTC. */
  began: string;
  ended: string;
}

export function isFinished(deployment: Pick<Deployment, 'step'>): boolean {
  return deployment.step === 'done' || deployment.step === 'reverted';
}
