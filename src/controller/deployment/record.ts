// The record of a deployment: how it begins, and how it takes a step.

import { DEFAULT_POLICY } from '../../model/deploy-policy.ts';
import type { Deployment, DeploymentStep } from '../../model/rollout.ts';

/** Seconds for the new side to come up: pulling an image and starting, plus a little for each container. */
const START_SECONDS = DEFAULT_POLICY.deadline;
const START_SECONDS_EACH = 2;
/** Restarting: seconds for each container, which drains, stops and starts. */
const RESTART_SECONDS_EACH = 60;
/** Beyond draining and stopping: a machine that does not answer holds nobody up for longer. */
const RETIRE_SECONDS = 50;
const KEPT_EVENTS = 50;

export interface Beginning extends Pick<
  Deployment,
  | 'app'
  | 'id'
  | 'user'
  | 'kind'
  | 'from'
  | 'to'
  | 'structure'
  | 'before'
  | 'added'
  | 'removed'
  | 'restarts'
  | 'policy'
  | 'releaseCommand'
> {
  /** Record that this one replaces. */
  replaced: Deployment | undefined;
  /** Seconds that the app asks to be left alone before its first check. */
  initialDelay: number;
}

/** A new deployment at its first step. One that starts nothing and stops nothing is done at once. */
export function beginDeployment(
  { replaced, initialDelay, ...beginning }: Beginning,
  now: number,
): Deployment {
  const restarting = Object.keys(beginning.restarts ?? {}).length > 0;
  const { added, removed, releaseCommand, policy } = beginning;
  const idle = added.length + removed.length === 0 && !restarting && releaseCommand === undefined;
  const usual = START_SECONDS + added.length * START_SECONDS_EACH + initialDelay;
  const startSeconds = policy?.deadline ?? usual;
  const step = beginning.kind === 'destroy' ? 'withdrawing' : idle ? 'done' : 'queued';
  const reason =
    step === 'done' ? 'nothing has to start or stop' : `${beginning.user} asked for it`;
  const deployment: Deployment = {
    ...beginning,
    step: 'queued',
    startSeconds,
    deadline: isoAfter(now, startSeconds),
    began: new Date(now).toISOString(),
    events: [],
    ...(replaced ? { previous: ending(replaced) } : {}),
  };
  return takeStep(deployment, step, reason, now);
}

/** The record after the step, with the deadline of the new step where it has its own. */
export function takeStep(
  before: Deployment,
  step: DeploymentStep,
  reason: string,
  now: number,
): Deployment {
  const at = new Date(now).toISOString();
  return {
    ...before,
    step,
    deadline: deadline(before, step, now),
    events: [...before.events, { at, step, reason }].slice(-KEPT_EVENTS),
  };
}

function deadline(before: Deployment, step: DeploymentStep, now: number): string {
  const policy = { ...DEFAULT_POLICY, ...before.policy };
  switch (step) {
    case 'queued':
      return before.deadline;
    case 'releasing':
      return isoAfter(now, policy.releaseTimeout);
    case 'starting':
      return isoAfter(now, before.startSeconds ?? START_SECONDS);
    case 'restarting': {
      const { startSeconds = START_SECONDS, restarts = {} } = before;
      const each = RESTART_SECONDS_EACH + Math.max(0, startSeconds - START_SECONDS);
      return isoAfter(now, START_SECONDS + Object.keys(restarts).length * each);
    }
    case 'withdrawing':
    case 'reverting':
      return isoAfter(now, policy.drainTimeout + policy.stopTimeout + RETIRE_SECONDS);
    case 'applying':
    case 'paused':
    case 'done':
    case 'reverted':
      return before.deadline;
  }
}

function ending({ id, step, failure }: Deployment): NonNullable<Deployment['previous']> {
  return { id, step, ...(failure === undefined ? {} : { failure }) };
}

function isoAfter(now: number, seconds: number): string {
  return new Date(now + seconds * 1000).toISOString();
}
