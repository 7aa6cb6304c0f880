// The stack's layers go to the registry ahead of the first push: from then on the Engine and the registry lend them to every app's
// repository, and a push sends the app alone. It happens once for each machine that a builder comes to.

import { toDeisError } from '../../model/errors.ts';
import { STACK_REPOSITORY } from '../../model/own-image.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ImageBuilder } from '../../ports/image-builder.ts';
import type { Log } from '../../ports/log.ts';
import { ensureBase } from './bases.ts';
import { REGISTRY_DOOR } from './images.ts';

/** A machine that has just started has other things to do, ms. */
const FIRST_MS = 10_000;
const AGAIN_MS = 15_000;

export interface StackNeeds {
  engine: ImageBuilder;
  /** Directory of the images that machines bring along. */
  images: string;
  clock: Clock;
  log: Log;
}

/** Until it is done or the signal aborts. Never rejects: without it a first push takes longer, and nothing else. */
export async function bringStack(
  { engine, images, clock, log }: StackNeeds,
  signal: AbortSignal,
): Promise<void> {
  const name = `${REGISTRY_DOOR}/${STACK_REPOSITORY}:latest`;
  let told = '';
  let pause = FIRST_MS;
  for (;;) {
    try {
      await clock.sleep(pause, signal);
      const stack = await ensureBase(engine, images, 'stack', signal);
      await engine.tag(stack, name, signal);
      const digest = await engine.push(name, signal);
      log.info('stack brought to the registry', { stack, digest });
      return;
    } catch (error) {
      if (signal.aborted) return;
      const { message } = toDeisError(error);
      if (message !== told) log.warn('stack not brought to the registry', { error: message });
      told = message;
      pause = AGAIN_MS;
    }
  }
}
