// Two operators at once: what must not be done twice at the same time is done under a lock, and who has to wait is told for whom.

import { hostname, userInfo } from 'node:os';
import { systemClock } from '../adapters/system-clock.ts';
import { toDeisError } from '../model/errors.ts';
import { acquireLock, type HeldLock } from '../registry/lock.ts';
import type { Registry } from '../registry/registry.ts';
import type { Output } from './output.ts';
import { commandLog } from './quiet-log.ts';

/** Long enough for a store that chooses another leader, s: after so long others may go on when a command was killed. */
const TTL_S = 30;
/** Nothing is said of a wait that is shorter, ms. */
const QUIET_MS = 500;

/** Runs `work` while nobody else does anything under this name; its signal aborts too when that cannot be held any longer. */
export async function alone<T>(
  registry: Registry,
  name: string,
  output: Output,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const holder = `${userInfo().username}@${hostname()}, process ${process.pid}`;
  const options = {
    registry,
    name: `operators/${name}`,
    holder,
    ttl: TTL_S,
    clock: systemClock,
    log: commandLog(),
  };
  const lock = await acquireLock({ ...options, patience: QUIET_MS }, signal).catch(
    async (error: unknown): Promise<HeldLock> => {
      const { code, message } = toDeisError(error);
      if (signal.aborted || code !== 'timeout') throw error;
      output.line(`waiting: ${message.replace(/^.*in time: /, '').replace(/\.$/, '')}`);
      return await acquireLock(options, signal);
    },
  );
  try {
    return await work(AbortSignal.any([signal, lock.lost]));
  } finally {
    await lock.release();
  }
}
