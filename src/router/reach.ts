// Which machines answer at all: their upstreams are avoided within 2 s of a power loss, long before any heartbeat has ended.

import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { isDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Server } from './server.ts';

const EVERY_MS = 500;
const PATIENCE_MS = 500;
/** So many misses in a row, and a machine counts as down; the first answer brings it back. */
const MISSES = 2;

/** Does a machine answer on this port, be it with a refusal? */
export type Reaches = (ip: string, port: number, signal: AbortSignal) => Promise<boolean>;

/** A refused connection is an answer: the machine lives. Only silence, or no way there, counts against it. */
export const reachesByTcp: Reaches = async (ip, port, signal) => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: ip, port });
  // When we were kept from running, the answer may be waiting behind the timer that says there was none.
  const late = (): void =>
    void setImmediate().then(() => setImmediate().then(() => resolve(false)));
  const timer = setTimeout(late, PATIENCE_MS);
  signal.addEventListener('abort', late, { once: true });
  socket.once('connect', () => resolve(true));
  socket.once('error', (error: NodeJS.ErrnoException) => {
    resolve(error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET');
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', late);
    socket.on('error', () => undefined);
    socket.destroy();
  }
};

export interface ReachNeeds {
  server: Server;
  /** Our own machine needs no probe. */
  ownIp: string;
  /** Port of deisd on each machine. */
  port: number;
  reaches: Reaches;
  clock: Clock;
  log: Log;
}

/** Machines whose upstreams are published, probed twice a second until the signal aborts. */
export async function watchMachines(needs: ReachNeeds, signal: AbortSignal): Promise<void> {
  const { server, ownIp, port, reaches, clock } = needs;
  const misses = new Map<string, number>();
  while (!signal.aborted) {
    const began = clock.monotonic();
    const ips = machinesOf(server.routes.groups).filter((ip) => ip !== ownIp);
    const answers = await Promise.all(ips.map((ip) => reaches(ip, port, signal)));
    if (signal.aborted) return;
    ips.forEach((ip, index) => misses.set(ip, answers[index] ? 0 : (misses.get(ip) ?? 0) + 1));
    const down = ips.filter((ip) => misses.get(ip)! >= MISSES);
    await mark(needs, down, signal);
    for (const ip of misses.keys()) if (!ips.includes(ip)) misses.delete(ip);
    await pause(clock, EVERY_MS - (clock.monotonic() - began), signal);
  }
}

async function mark(
  { server, log }: ReachNeeds,
  down: string[],
  signal: AbortSignal,
): Promise<void> {
  const before = server.routes.down;
  if (down.join() === before.join()) return;
  try {
    await server.put({ down }, signal);
  } catch (error) {
    if (signal.aborted || !isDeisError(error, 'unavailable')) throw error;
    return; // the web server is not there to be told: the next round tells it
  }
  for (const ip of down) if (!before.includes(ip)) log.warn('machine does not answer', { ip });
  for (const ip of before) if (!down.includes(ip)) log.info('machine answers again', { ip });
}

function machinesOf(groups: Record<string, string[]>): string[] {
  const ips = Object.values(groups)
    .flat()
    .map((address) => address.slice(0, address.lastIndexOf(':')));
  return [...new Set(ips)].sort();
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(Math.max(ms, 50), signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
