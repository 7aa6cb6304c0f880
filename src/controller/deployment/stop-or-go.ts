// What a person may decide about a deployment that runs or has paused: cancel it, or try again. Pure.

import type { Deployment } from '../../model/rollout.ts';
import { takeStep } from './record.ts';

/** The record after it, or why not: a sentence for a 409. */
export type Ruling = { deployment: Deployment } | { refusal: string };

/** Until the old side is being taken away, everything can still go back. */
export function cancelled(before: Deployment, user: string, now: number): Ruling {
  const { kind, step } = before;
  if (kind === 'destroy') return { refusal: 'The app is being destroyed: that cannot be undone.' };
  switch (step) {
    case 'done':
    case 'reverted':
      return { refusal: `There is nothing to cancel: the last deployment is ${step}.` };
    case 'withdrawing':
      return {
        refusal: `It is too late: v${before.to} serves and old containers are going. To go back: deis rollback v${before.from}`,
      };
    case 'reverting':
      return { refusal: 'It is being reverted already.' };
    case 'queued':
    case 'releasing':
    case 'starting':
    case 'applying':
    case 'restarting':
    case 'paused': {
      const reason = `cancelled by ${user}`;
      const after = before.failure === undefined ? '' : `\nIt had failed: ${before.failure}`;
      const failure = `The ${kind} was ${reason}.${after}`;
      return { deployment: { ...takeStep(before, 'reverting', reason, now), failure } };
    }
  }
}

/** One that has paused is tried again, with all of its time. */
export function resumed(before: Deployment, user: string, now: number): Ruling {
  if (before.step !== 'paused') {
    return { refusal: `There is nothing to resume: the deployment is ${before.step}.` };
  }
  const { failure: _, ...rest } = takeStep(before, 'starting', `resumed by ${user}`, now);
  return { deployment: rest };
}
