// Makes a machine of ours the host again that it was.

import type { Host } from '../../ports/host.ts';
import { ordered } from './ordered.ts';
import { LEAVE_SCRIPT, STOP_SCRIPT } from './scripts.ts';

/** May be called again after it was cut off, and on a host that never joined. */
export async function leaveHost(host: Host, signal: AbortSignal): Promise<void> {
  await ordered(host, 'leaving', LEAVE_SCRIPT, signal);
}

/** deisd ends and does not start again; what it ran goes on. */
export async function stopDaemon(host: Host, signal: AbortSignal): Promise<void> {
  await ordered(host, 'deisd', STOP_SCRIPT, signal);
}
