// `deis logs --tail`: follows an app's lines for as long as one likes, over restarts of controllers.

import { isDeisError } from '../../model/errors.ts';

/** Lines to ask for again after a break, so that none is missed: what an app that talks much says meanwhile. */
export const OVERLAP = 5000;
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
  for (;;) {
    const isNews = newsAfter(shown);
    try {
      for await (const line of open(shown.length === 0 ? lines : OVERLAP)) {
        if (!isNews(line)) continue;
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

/** Which lines of the next answer were not shown yet. It begins with old ones, some of them older than the first that was. */
function newsAfter(shown: readonly string[]): (line: string) => boolean {
  // A line begins with its time: one that comes again is one that was shown.
  const known = [...shown];
  const [oldest = ''] = shown;
  let again = known.length === 0 ? 0 : OVERLAP;
  let met = false;
  return (line) => {
    if (again === 0) return true;
    again -= 1;
    const at = known.indexOf(line);
    if (at !== -1) {
      met = true;
      known.splice(at, 1);
      return false;
    }
    return met || timeOf(line) > timeOf(oldest);
  };
}

/** `2016-06-28T15:04:05UTC`: as text, later ones are greater. */
function timeOf(line: string): string {
  return line.slice(0, line.indexOf(' '));
}
