// The end of a router: first nobody new is sent here, then nobody new is let in, then what runs ends.

import { toDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Parts } from './assemble.ts';
import { readSettings } from './settings.ts';
import type { Times } from './times.ts';

/** Resolves when nothing runs any more; the heartbeat must go on until then, because drains wait for this router. */
export async function leave(
  { reporter, loops, server, memory, farewell }: Parts,
  times: Times,
  clock: Clock,
  log: Log,
): Promise<void> {
  const toTheEnd = new AbortController().signal; // told to end already: what is left to do has its own limits
  const { values } = readSettings(memory.now.settings);
  const announced = farewell.since === undefined ? 0 : clock.monotonic() - farewell.since;
  const whole = times.closingMs ?? Number(values['leaveTime']) * 1000;
  const closingMs = Math.max(0, whole - announced);
  log.info('leaving', { closing_ms: closingMs });
  reporter.inviting = false;
  loops.report.hint();
  try {
    await server.put({ leaving: true, closing: true }, toTheEnd);
    if (server.running()) await clock.sleep(closingMs, toTheEnd);
  } catch (error) {
    log.warn('could not announce the end', { error: toDeisError(error).message });
  }
  await server.quit(times.patienceMs, toTheEnd);
}
