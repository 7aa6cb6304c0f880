// Where the API listens: always on a socket of this machine, and on TCP when an operator asked for it.

import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { type Clock, rest } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Address } from './settings.ts';

export type Place = { path: string; mode: number } | Address;

export interface Surroundings {
  clock: Clock;
  log: Log;
}

const AGAIN_MS = 2000;

/** Serves there until the signal aborts; tries again while the place is taken. `opened` is told the port, if it has one. */
export async function serveAt(
  at: Place,
  make: () => Server,
  { clock, log }: Surroundings,
  signal: AbortSignal,
  opened: (port: number) => void = () => undefined,
): Promise<void> {
  while (!signal.aborted) {
    const server = make();
    try {
      await listen(server, at);
    } catch (error) {
      log.warn('fleet api cannot listen', { at: nameOf(at), error: String(error) });
      await rest(clock, AGAIN_MS, signal);
      continue;
    }
    const address = server.address();
    opened(typeof address === 'object' && address ? address.port : 0);
    log.info('fleet api listens', { at: nameOf(at) });
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    server.close();
    server.closeAllConnections();
    if ('path' in at) await rm(at.path, { force: true });
  }
}

async function listen(server: Server, at: Place): Promise<void> {
  if ('path' in at) await freePath(at.path);
  server.listen('path' in at ? { path: at.path } : at);
  await once(server, 'listening');
  if ('path' in at) await chmod(at.path, at.mode);
}

/** A socket of a daemon that died is in the way; one that answers, a fleetd of the host say, is not ours to take. */
async function freePath(path: string): Promise<void> {
  const probe = connect(path);
  try {
    await once(probe, 'connect');
  } catch {
    await rm(path, { force: true });
    return;
  } finally {
    probe.destroy();
  }
  throw new Error('another program answers there');
}

function nameOf(at: Place): string {
  return 'path' in at ? at.path : `${at.host}:${at.port}`;
}
