// Workshops of a builder that was killed: nobody waits for them any more, and there is one builder on a machine.

import { toDeisError } from '../../model/errors.ts';
import type { ImageBuilder } from '../../ports/image-builder.ts';
import type { Log } from '../../ports/log.ts';
import { WORKSHOP_LABEL } from './from-buildpack.ts';

/** To be called before the first build. An Engine that is away is no reason not to start. */
export async function closeAbandoned(
  engine: ImageBuilder,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  try {
    await engine.sweepWorkshops(WORKSHOP_LABEL, signal);
  } catch (error) {
    signal.throwIfAborted();
    log.warn('abandoned workshops were not looked for', { error: toDeisError(error).message });
  }
}
