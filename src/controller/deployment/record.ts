// The record of a deployment: how it begins, and how it takes a step.

import type { Deployment, DeploymentStep } from '../../model/rollout.ts';

/** Seconds for the new side to come up: pulling an image and starting, plus a little for each container. */
const START_SECONDS = 120;
const START_SECONDS_EACH = 2;
/** Restarting: seconds for each container, which drains, stops and starts. */
const RESTART_SECONDS_EACH = 60;
/** Old containers drain (30 s) and stop (10 s); a machine that does not answer holds nobody up for longer. */
const RETIRE_SECONDS = 90;
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
  const idle = beginning.added.length + beginning.removed.length === 0 && !restarting;
  const step = beginning.kind === 'destroy' ? 'withdrawing' : idle ? 'done' : 'queued';
  const reason =
    step === 'done' ? 'nothing has to start or stop' : `${beginning.user} asked for it`;
  const deployment: Deployment = {
    ...beginning,
    step: 'queued',
    deadline: isoAfter(now, START_SECONDS + initialDelay),
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
  switch (step) {
    case 'queued':
      return before.deadline;
    case 'starting': {
      const whole =
        Date.parse(before.deadline) - Date.parse(before.events[0]?.at ?? before.deadline);
      const seconds = Math.max(START_SECONDS, whole / 1000);
      return isoAfter(now, seconds + before.added.length * START_SECONDS_EACH);
    }
    case 'restarting':
      return isoAfter(
        now,
        START_SECONDS + Object.keys(before.restarts ?? {}).length * RESTART_SECONDS_EACH,
      );
    case 'withdrawing':
    case 'reverting':
      return isoAfter(now, RETIRE_SECONDS);
    case 'applying':
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
