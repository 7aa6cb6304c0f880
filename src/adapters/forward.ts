// Doors on this box's loopback that lead through a tunnel: for clients that can only connect to an address.

import { type Server, type Socket, createServer } from 'node:net';
import type { Dial } from './tcp-reach.ts';

export class Forwards {
  readonly #dial: Dial;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  /** `https://10.0.0.11:2379` → `https://127.0.0.1:41234`. What comes in there must prove itself at the other end: the store's TLS does that. */
  async door(url: string): Promise<string> {
    const { hostname, port, protocol } = new URL(url);
    const far = hostname.replace(/^\[|\]$/g, '');
    const server = createServer((socket) => void this.#pass(socket, far, Number(port)));
    this.#servers.push(server);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
    await promise;
    const address = server.address();
    const near = typeof address === 'object' && address ? address.port : 0;
    return `${protocol}//127.0.0.1:${near}`;
  }

  async #pass(socket: Socket, host: string, port: number): Promise<void> {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => this.#sockets.delete(socket));
    // Either end may break off; the other one is told by its stream's end.
    socket.on('error', () => undefined);
    try {
      const far = await this.#dial(host, port);
      far.on('error', () => undefined);
      far.on('close', () => socket.destroy());
      socket.on('close', () => far.destroy());
      socket.pipe(far).pipe(socket);
      if (socket.destroyed) far.destroy();
    } catch {
      // The client sees a connection that ends, as it would without a tunnel, and asks the next member.
      socket.destroy();
    }
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
