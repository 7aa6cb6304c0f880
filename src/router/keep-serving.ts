// Keeps the web server up: starts it when the doors open, and again at once whenever it dies.

import { isDeisError } from '../model/errors.ts';
import { Loop } from '../daemon/loop.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Files } from './files.ts';
import type { Server } from './server.ts';

export interface ServingNeeds {
  server: Server;
  files: Files;
  /** It runs now, or no more. */
  onChange: () => void;
  clock: Clock;
  log: Log;
}

/** Runs until the signal aborts, which leaves the web server as it is. */
export async function keepServing(needs: ServingNeeds, signal: AbortSignal): Promise<void> {
  const { server, files, onChange, clock, log } = needs;
  const start = async (given: AbortSignal): Promise<void> => {
    if (server.running() || server.routes.leaving) return;
    const onDeath = (): void => {
      loop.hint();
      onChange();
    };
    try {
      await server.start(files.first(), onDeath, given);
    } catch (error) {
      if (!isDeisError(error, 'refused')) throw error;
      log.error('settings were refused', { error: error.message });
      await server.start(files.fallBack(error.message), onDeath, given);
    }
    log.info('opened the doors');
    onChange();
  };
  const loop = new Loop({ name: 'server', pass: start, every: 1000, clock, log });
  await loop.run(signal);
}
