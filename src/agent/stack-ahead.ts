// The stack's layers come to a machine ahead of the first app that stands on them: the start of that app then brings the app alone.
// They come as the registry's own image, since the Engine takes layers for known only when it had them from a registry.

import { toDeisError } from '../model/errors.ts';
import { REGISTRY_DOOR, STACK_REPOSITORY } from '../model/own-image.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import type { Log } from '../ports/log.ts';

/** A machine that has just started has other things to do, and the first builder must have brought the stack, ms. */
const FIRST_MS = 30_000;
const AGAIN_MS = 20_000;
const SELDOM_MS = 300_000;
/** A newer stack is of use when apps are built on it; nobody waits for it. */
const RENEW_MS = 6 * 3600_000;

export interface StackNeeds {
  engine: Pick<ContainerEngine, 'pull'>;
  clock: Clock;
  log: Log;
}

/** Until the signal aborts. Never rejects: without it an app's first start here takes longer, and nothing else. */
export async function keepStackAhead(
  { engine, clock, log }: StackNeeds,
  signal: AbortSignal,
): Promise<void> {
  let pause = FIRST_MS;
  let again = AGAIN_MS;
  for (;;) {
    try {
      await clock.sleep(pause, signal);
      await engine.pull(`${REGISTRY_DOOR}/${STACK_REPOSITORY}:latest`, signal);
      if (pause !== RENEW_MS) log.info('stack is here ahead of its apps');
      pause = RENEW_MS;
      again = AGAIN_MS;
    } catch (error) {
      if (signal.aborted) return;
      log.debug('stack is not here yet', { error: toDeisError(error).message });
      pause = again;
      again = Math.min(2 * again, SELDOM_MS);
    }
  }
}
