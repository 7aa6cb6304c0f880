// Makes a machine of ours the host again that it was.

import { toDeisError } from '../../model/errors.ts';
import type { Host } from '../../ports/host.ts';
import type { Progress } from '../progress.ts';
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

/** After a failure, which stays what is thrown: that something could not be taken back is only told. */
export async function takeBack(
  progress: Progress,
  title: string,
  undo: () => Promise<unknown>,
): Promise<void> {
  try {
    await progress.step(title, undo);
  } catch (error) {
    progress.note(
      `${toDeisError(error).message} Something of ours is still there: give the same command again.`,
    );
  }
}
