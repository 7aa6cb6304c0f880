// A TCP door: connections to one port go, byte for byte, to one of some upstreams that change (`git push` to the builders).

import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../ports/log.ts';

export interface DoorNeeds {
  /** `2222` on all addresses, or `127.0.0.1:2222`. */
  listen: string;
  /** Addresses `ip:port` at this moment. */
  upstreams: () => string[];
  /** For connections that begin now: time to connect, and the longest silence in both directions. */
  timeouts: () => { connectMs: number; idleMs: number };
  log: Log;
}

/** Listens until the signal aborts, then ends what still runs. Rejects when the port cannot be had. */
export async function runDoor(needs: DoorNeeds, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const open = new Set<Socket>();
  let turn = 0;
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    const upstreams = needs.upstreams();
    turn += 1;
    const inTurn = upstreams.map((_, index) => upstreams[(turn + index) % upstreams.length]!);
    track(client, open);
    void join(client, inTurn, open, needs);
  });
  await listening(server, needs.listen);
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => {
    server.close(() => resolve());
    for (const socket of open) socket.destroy();
  });
  await closed;
}

/** Nothing was sent yet, so the next upstream may be tried; nobody there: the client is told by an end at once. */
async function join(
  client: Socket,
  upstreams: string[],
  open: Set<Socket>,
  { timeouts, log }: DoorNeeds,
): Promise<void> {
  const { connectMs, idleMs } = timeouts();
  for (const address of upstreams) {
    const upstream = await dial(address, connectMs);
    if (!upstream) continue;
    track(upstream, open);
    if (client.destroyed) return void upstream.destroy();
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.setNoDelay(true).pipe(other);
      one.once('close', () => other.destroySoon());
    }
    endWhenSilent(client, upstream, idleMs);
    return;
  }
  log.info('door found nobody', { tried: upstreams.length });
  client.destroy();
}

/** Silent means: neither has sent anything for so long. A socket notices only what passes through itself, which is all of it. */
function endWhenSilent(client: Socket, upstream: Socket, idleMs: number): void {
  client.setTimeout(idleMs, () => {
    client.destroy();
    upstream.destroy();
  });
}

function dial(address: string, connectMs: number): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  const cut = address.lastIndexOf(':');
  const socket = connect({
    host: address.slice(0, cut),
    port: Number(address.slice(cut + 1)),
    allowHalfOpen: true,
  });
  const fail = (): void => {
    socket.destroy();
    resolve(undefined);
  };
  const timer = setTimeout(fail, connectMs);
  socket.once('error', fail);
  socket.once('connect', () => {
    clearTimeout(timer);
    socket.removeListener('error', fail);
    resolve(socket);
  });
  return promise.finally(() => clearTimeout(timer));
}

function track(socket: Socket, open: Set<Socket>): void {
  open.add(socket);
  socket.on('error', () => socket.destroy()); // the other side went away: its partner is ended by `close`
  socket.once('close', () => open.delete(socket));
}

function listening(server: Server, at: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cut = at.lastIndexOf(':');
  server.once('error', reject).once('listening', resolve);
  server.listen({ port: Number(at.slice(cut + 1)), host: cut < 0 ? '0.0.0.0' : at.slice(0, cut) });
  return promise;
}
