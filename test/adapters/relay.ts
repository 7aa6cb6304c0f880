// A door in front of a server that a test can close (connections are refused) or fill with cotton (nothing gets through,
// nobody is told), as a stopped server or a cut network would.

import { connect, createServer, type Server, type Socket } from 'node:net';

export class Relay {
  #server: Server | undefined;
  readonly #target: number;
  readonly #sockets = new Map<Socket, 'questions' | 'answers'>();
  #silent: 'nothing' | 'answers' | 'all' = 'nothing';
  port = 0;

  constructor(target: number) {
    this.#target = target;
  }

  async open(): Promise<void> {
    const server = createServer((client) => this.#join(client));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    const address = server.address();
    if (address !== null && typeof address === 'object') this.port = address.port;
  }

  /** Ends all connections and refuses new ones. */
  async close(): Promise<void> {
    for (const socket of this.#sockets.keys()) socket.destroy();
    this.#sockets.clear();
    const server = this.#server;
    this.#server = undefined;
    this.#silent = 'nothing';
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  /** From now on nothing passes, or no answer; connections, old and new, stay open. */
  mute(what: 'all' | 'answers' = 'all'): void {
    this.#silent = what;
    for (const [socket, carries] of this.#sockets) if (this.#holds(carries)) socket.pause();
  }

  /** What was held back passes. */
  unmute(): void {
    this.#silent = 'nothing';
    for (const socket of this.#sockets.keys()) socket.resume();
  }

  #holds(carries: 'questions' | 'answers'): boolean {
    return this.#silent === 'all' || this.#silent === carries;
  }

  #join(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1');
    this.#pass(client, server, 'questions');
    this.#pass(server, client, 'answers');
  }

  #pass(from: Socket, to: Socket, carries: 'questions' | 'answers'): void {
    this.#sockets.set(from, carries);
    from
      .on('data', (bytes) => to.write(bytes))
      .on('error', () => to.destroy())
      .on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    if (this.#holds(carries)) from.pause();
  }
}
