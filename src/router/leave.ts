// The end of a router: first nobody new is sent here, then nobody new is let in, then what runs ends.

import { toDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Parts } from './assemble.ts';
import type { Times } from './times.ts';

/** Resolves when nothing runs any more; the heartbeat must go on until then, because drains wait for this router. */
export async function leave(
  { reporter, loops, server }: Parts,
  times: Times,
  clock: Clock,
  log: Log,
): Promise<void> {
  const toTheEnd = new AbortController().signal; // told to end already: what is left to do has its own limits
  log.info('leaving', { closing_ms: times.closingMs });
  reporter.inviting = false;
  loops.report.hint();
  try {
    await server.put({ leaving: true, closing: true }, toTheEnd);
    if (server.running()) await clock.sleep(times.closingMs, toTheEnd);
  } catch (error) {
    log.warn('could not announce the end', { error: toDeisError(error).message });
  }
  await server.quit(times.patienceMs, toTheEnd);
}
