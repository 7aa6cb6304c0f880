// One door: a port of this box that leads to the same service of whichever router is ready.
import { createServer, connect, type Server, type Socket } from 'node:net';
import { DeisError } from '../../model/errors.ts';
import type { RouterPool } from './router-pool.ts';

/** Milliseconds to wait for a router before the next one is tried. */
const CONNECT_TIMEOUT = 700;
const KEEPALIVE = 30_000;

export interface Door {
  /** The port it listens on, on every address it was given. */
  port: number;
  /** Resets every connection to this router: it is dead, and the other side should know at once. */
  cut(router: string): void;
  close(): void;
}

/**
 * Listens at the first of `ports` that is free on all of `hosts` and passes connections on to `target` of the pool's routers.
 * An address family the box does not have is left out. Throws DeisError 'unavailable' when no port is free.
 */
export async function openDoor(
  hosts: readonly string[],
  ports: Iterable<number>,
  target: number,
  pool: RouterPool,
): Promise<Door> {
  const open = new Map<Socket, string>();
  const welcome = (client: Socket) => void pass(client, target, pool, open);
  for (const port of ports) {
    const servers = await listenOnAll(hosts, port, welcome);
    if (!servers) continue;
    return {
      port,
      cut(router) {
        for (const [client, to] of open) if (to === router) client.resetAndDestroy();
      },
      close() {
        for (const server of servers) server.close();
        for (const client of open.keys()) client.destroy();
      },
    };
  }
  throw new DeisError('unavailable', `No free port was found for the door to port ${target}.`);
}

async function pass(
  client: Socket,
  target: number,
  pool: RouterPool,
  open: Map<Socket, string>,
): Promise<void> {
  client.on('error', () => client.destroy());
  for (const router of pool.candidates()) {
    const upstream = await dial(router, target, pool);
    if (!upstream) continue;
    if (client.destroyed) {
      upstream.destroy();
      return;
    }
    open.set(client, router);
    client.once('close', () => open.delete(client));
    join(client, upstream);
    return;
  }
  client.resetAndDestroy();
}

/** Both directions, each ended by itself (half-close), each slowed by its reader; a break on one side breaks the other. */
function join(client: Socket, upstream: Socket): void {
  const pairs: [Socket, Socket][] = [
    [client, upstream],
    [upstream, client],
  ];
  for (const [from, to] of pairs) {
    from.setNoDelay(true);
    from.setKeepAlive(true, KEEPALIVE);
    from.on('error', () => to.resetAndDestroy());
    from.once('close', (broken) => (broken || !from.readableEnded) && to.destroy());
    from.pipe(to);
  }
}

function dial(router: string, port: number, pool: RouterPool): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: router, port, allowHalfOpen: true });
    const late = setTimeout(() => {
      pool.connectTimedOut(router);
      socket.destroy();
      resolve(undefined);
    }, CONNECT_TIMEOUT);
    socket.once('connect', () => {
      clearTimeout(late);
      resolve(socket);
    });
    socket.once('error', () => {
      clearTimeout(late);
      resolve(undefined);
    });
  });
}

async function listenOnAll(
  hosts: readonly string[],
  port: number,
  welcome: (client: Socket) => void,
): Promise<Server[] | undefined> {
  const servers: Server[] = [];
  for (const host of hosts) {
    const outcome = await listen(host, port, welcome);
    if (outcome === 'no such address') continue;
    if (outcome === 'taken') {
      for (const server of servers) server.close();
      return undefined;
    }
    servers.push(outcome);
  }
  return servers.length > 0 ? servers : undefined;
}

function listen(
  host: string,
  port: number,
  welcome: (client: Socket) => void,
): Promise<Server | 'taken' | 'no such address'> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, welcome);
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve('taken');
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') {
        resolve('no such address');
      } else reject(error);
    });
    server.listen({ host, port, ipv6Only: host.includes(':') }, () => resolve(server));
  });
}
