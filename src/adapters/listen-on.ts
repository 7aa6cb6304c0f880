// A server that listens as long as its program runs, and tries again until its address is there and free: an address may come later
// than the program, and what ran before may still hold the port.

import type { Server } from 'node:net';
import { type Clock, rest } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

export interface ListenOptions {
  host: string;
  port: number;
  /** Whose door it is, as the log names it: `api`. */
  door: string;
  clock: Clock;
  log: Log;
}

/** What http's servers have beyond `Server`. */
type HttpServer = Server & { closeAllConnections(): void };

const LISTEN_AGAIN_MS = 1000;

/** Until the signal aborts; then every connection is closed. `onListening` is told the port, which differs from the asked one if that was 0. */
export async function listenOn(
  server: HttpServer,
  { host, port, door, clock, log }: ListenOptions,
  signal: AbortSignal,
  onListening: (port: number) => void = () => undefined,
): Promise<void> {
  while (!signal.aborted) {
    const problem = await tryListening(server, host, port);
    if (!problem) break;
    log.warn('cannot listen', { door, host, port, error: problem.message });
    await rest(clock, LISTEN_AGAIN_MS, signal);
  }
  if (server.listening && !signal.aborted) {
    const address = server.address();
    onListening(typeof address === 'object' && address ? address.port : port);
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }
  server.close();
  server.closeAllConnections();
}

async function tryListening(
  server: Server,
  host: string,
  port: number,
): Promise<Error | undefined> {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  server.once('error', resolve);
  server.listen(port, host, () => resolve(undefined));
  const problem = await promise;
  server.removeListener('error', resolve);
  return problem;
}
