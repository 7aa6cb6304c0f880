// Tells systemd how this daemon is (sd_notify(3)). Node has no datagram sockets for it, so systemd's own small program does it.

import { toDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { run } from './process.ts';

/** Sends `READY=1`, `STOPPING=1`, `STATUS=…`; nothing when not started by systemd. The unit needs NotifyAccess=all. */
export async function notify(states: string[], log: Log, signal: AbortSignal): Promise<void> {
  if (!process.env['NOTIFY_SOCKET']) return;
  try {
    await run('systemd-notify', states, {}, signal);
  } catch (error) {
    if (!signal.aborted)
      log.warn('could not notify systemd', { error: toDeisError(error).message });
  }
}

/** Says `WATCHDOG=1` three times per WatchdogSec= while the event loop turns. Resolves when the signal aborts. */
export async function feedWatchdog(clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  const limit = Number(process.env['WATCHDOG_USEC'] ?? 0) / 1000;
  if (limit <= 0) return;
  while (!signal.aborted) {
    await notify(['WATCHDOG=1'], log, signal);
    try {
      await clock.sleep(limit / 3, signal);
    } catch {
      return; // told to end
    }
  }
}
