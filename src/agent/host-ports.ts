// The machine's book of host ports, on disk before a port is used.

import { createServer } from 'node:net';
import { join } from 'node:path';
import { DeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { readJson, writeAtomically } from './disk.ts';
import { EMPTY_PORT_BOOK, givePortBack, type PortBook, reopenPortBook, takePort } from './ports.ts';
import { portBook } from './records.ts';

export interface HostPortsOptions {
  /** Folder of the agent that survives a reboot. */
  state: string;
  clock: Clock;
  log: Log;
  /** Does something on this host listen on the port? */
  isInUse?: (port: number) => Promise<boolean>;
}

/** `load()` once. `take` and `giveBack` are carried out one after the other. */
export class HostPorts {
  readonly #options: HostPortsOptions;
  readonly #path: string;
  #book: PortBook = EMPTY_PORT_BOOK;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: HostPortsOptions) {
    this.#options = options;
    this.#path = join(options.state, 'ports.json');
  }

  async load(): Promise<void> {
    const { clock, log } = this.#options;
    const book = await readJson(this.#path, portBook, log);
    if (book) this.#book = reopenPortBook(book, clock.now());
  }

  /** The unit's port; the same one until it is given back. Throws DeisError('unavailable') when none is left. */
  take(unit: string): Promise<number> {
    return this.#inTurn(async () => {
      const { clock, isInUse = listens } = this.#options;
      const inUse = new Set<number>();
      for (;;) {
        const taken = takePort(this.#book, unit, inUse, clock.now());
        if (!taken) throw new DeisError('unavailable', 'no host port is free on this machine');
        if (taken.book === this.#book) return taken.port;
        if (await isInUse(taken.port)) {
          inUse.add(taken.port);
          continue;
        }
        await this.#save(taken.book);
        return taken.port;
      }
    });
  }

  giveBack(unit: string): Promise<void> {
    return this.#inTurn(() =>
      this.#save(givePortBack(this.#book, unit, this.#options.clock.now())),
    );
  }

  async #save(book: PortBook): Promise<void> {
    if (book === this.#book) return;
    await writeAtomically(this.#path, JSON.stringify(book), { durable: true });
    this.#book = book;
  }

  #inTurn<T>(job: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(job);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

/** Tries to listen there itself; on all addresses, so that any listener on any of them is noticed. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => {
      server.close(() => resolve(false));
    });
  });
}
