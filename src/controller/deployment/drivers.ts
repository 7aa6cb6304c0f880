// Sees to it that every unfinished deployment is driven by exactly one controller: whoever holds the app's lock.

import { type Deployment, isFinished } from '../../model/rollout.ts';
import { isDeisError, toDeisError } from '../../model/errors.ts';
import type { Condition } from '../../ports/store.ts';
import type { Held } from '../../registry/registry.ts';
import { Driver, type DriverTools } from './driver.ts';

/** While the lock is held. */
export interface Tenure {
  /** Must hold at every write. */
  fence: readonly Condition[];
  /** Ends with the lock. */
  signal: AbortSignal;
}

/** Waits for the lock of that name, acts while it is held, gives it back. Resolves when `act` has ended. */
export type HoldLock = (
  name: string,
  act: (tenure: Tenure) => Promise<void>,
  signal: AbortSignal,
) => Promise<void>;

/** Hints that come within this time cause one pass. */
const COALESCE_MS = 20;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 3000;

/** Runs until the signal aborts. What is unfinished then is carried on by another controller, or by this one's next life. */
export async function driveDeployments(
  tools: DriverTools,
  holdLock: HoldLock,
  signal: AbortSignal,
): Promise<void> {
  const running = new Map<string, Promise<void>>();
  const look = (): void => {
    for (const { value } of tools.world.deployments.items()) {
      if (signal.aborted || isFinished(value) || running.has(value.app)) continue;
      const run = runOne(tools, holdLock, value.app, signal).finally(() => {
        running.delete(value.app);
        // It may have become unfinished again while the runner was on its way out.
        queueMicrotask(look);
      });
      running.set(value.app, run);
    }
  };
  const stop = tools.world.onHint(look);
  look();
  await aborted(signal);
  stop();
  await Promise.allSettled(running.values());
}

/** Holds the app's lock until its deployment is finished, here or elsewhere. Never rejects. */
async function runOne(
  tools: DriverTools,
  holdLock: HoldLock,
  app: string,
  signal: AbortSignal,
): Promise<void> {
  const elsewhere = new AbortController();
  const unfinished = (): boolean => isUnfinished(tools.world.deployments.get(app));
  let driving = false;
  const stop = tools.world.onHint(() => {
    if (!driving && !unfinished()) elsewhere.abort();
  });
  const ends = AbortSignal.any([signal, elsewhere.signal]);
  try {
    const act = (tenure: Tenure): Promise<void> => {
      driving = true;
      return drive(tools, app, tenure);
    };
    await holdLock(`deployment-${app}`, act, ends);
  } catch (error) {
    if (!ends.aborted) {
      tools.log.warn('deployment lock lost', { app, error: toDeisError(error).message });
      await pause(tools, FIRST_BACKOFF_MS * 5, ends);
    }
  } finally {
    stop();
  }
}

/** Pass after pass: now, on a hint, or after a while; a failed pass is tried again after a growing pause. */
async function drive(tools: DriverTools, app: string, tenure: Tenure): Promise<void> {
  const driver = new Driver(tools, app, tenure.fence);
  let failures = 0;
  while (!tenure.signal.aborted) {
    const nap = new AbortController();
    const stop = tools.world.onHint(() => nap.abort());
    try {
      const next = await driver.pass(tenure.signal);
      if (next === 'finished') return;
      failures = 0;
      if (next === 0) continue;
      await pause(tools, COALESCE_MS, tenure.signal);
      await pause(tools, next, AbortSignal.any([tenure.signal, nap.signal]));
    } catch (error) {
      if (tenure.signal.aborted) return;
      const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** failures, LONGEST_BACKOFF_MS);
      failures += 1;
      tell(tools, app, error, backoff);
      await pause(tools, backoff, tenure.signal);
    } finally {
      stop();
    }
  }
}

function tell(tools: DriverTools, app: string, error: unknown, backoff: number): void {
  const problem = toDeisError(error);
  const fields = { app, code: problem.code, error: problem.message, retry_ms: backoff };
  if (isDeisError(error, 'conflict')) tools.log.debug('deployment pass overtaken', fields);
  else {
    const stack = problem.code === 'internal' && problem.stack ? { stack: problem.stack } : {};
    tools.log.warn('deployment pass failed', { ...fields, ...stack });
  }
}

/** Sleeps, or until the signal aborts. */
async function pause(tools: DriverTools, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await tools.clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function isUnfinished(deployment: Held<Deployment> | undefined): boolean {
  return deployment !== undefined && !isFinished(deployment.value);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
