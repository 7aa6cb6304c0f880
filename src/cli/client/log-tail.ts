// `deis logs --tail`: follows an app's lines for as long as one likes, over restarts of controllers.

import { isDeisError } from '../../model/errors.ts';

/** Lines to ask for again after a break, so that none is missed. */
export const OVERLAP = 500;
const PAUSE_MS = 1000;

/** Opens the stream with so many lines at first. */
export type OpenTail = (lines: number) => AsyncIterable<string>;

/**
 * Lines without end; after a break it goes on where it was. Throws what the controller refuses, and the signal's reason.
 * `pause` waits; `told` hears of breaks.
 */
export async function* tail(
  open: OpenTail,
  lines: number,
  pause: (ms: number) => Promise<void>,
  told: (problem: string) => void,
): AsyncGenerator<string> {
  const shown: string[] = [];
  for (let first = true; ; first = false) {
    // A line begins with its time: one that comes again at first is one that was shown.
    const known = first ? [] : [...shown];
    let again = first ? 0 : OVERLAP;
    try {
      for await (const line of open(first ? lines : OVERLAP)) {
        again -= 1;
        const at = again >= 0 ? known.indexOf(line) : -1;
        if (at !== -1) {
          known.splice(at, 1);
          continue;
        }
        shown.push(line);
        if (shown.length > OVERLAP) shown.shift();
        yield line;
      }
    } catch (error) {
      if (!isDeisError(error, 'unavailable')) throw error;
      told(error.message);
    }
    await pause(PAUSE_MS);
  }
}
