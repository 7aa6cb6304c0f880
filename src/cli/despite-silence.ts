// Commands that take minutes outlive a store that chooses a leader meanwhile.

import { toDeisError } from '../model/errors.ts';
import { pause } from './pause.ts';

const PATIENCE_MS = 30_000;
const AGAIN_MS = 500;

/** Asks again while the store does not answer, for half a minute; what is asked must bear to be asked twice. */
export async function despiteSilence<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      if (toDeisError(error).code !== 'unavailable' || performance.now() > deadline) throw error;
      await pause(AGAIN_MS, signal);
    }
  }
}
