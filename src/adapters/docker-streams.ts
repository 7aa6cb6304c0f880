// One-off containers over Docker's socket: made, attached to, waited for.

import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import Docker from 'dockerode';
import type { Terminal } from '../model/run.ts';
import type { Attachment, OneOffEngine, Output } from '../ports/one-off-engine.ts';
import { dockerError, isStatus } from './docker-errors.ts';
import { untilAborted } from './until-aborted.ts';

const SOCKET = '/var/run/docker.sock';
const QUICK_MS = 30_000;
const ALL_STREAMS = 'stream=1&stdin=1&stdout=1&stderr=1';
/** A frame of Docker's: stream (1 or 2), three zeros, length. */
const HEADER_BYTES = 8;

export class DockerStreams implements OneOffEngine {
  readonly #socketPath: string;
  readonly #docker: Docker;

  constructor(socketPath = SOCKET) {
    this.#socketPath = socketPath;
    this.#docker = new Docker({ socketPath });
  }

  async create(name: string, request: object, signal: AbortSignal): Promise<string> {
    const { id } = await ask(`make ${name}`, signal, (abortSignal) =>
      this.#docker.createContainer({ ...request, name, abortSignal }),
    );
    return id;
  }

  async attach(id: string, terminal: boolean, signal: AbortSignal): Promise<Attachment> {
    const socket = await ask(`attach to ${id}`, signal, (limit) =>
      hijacked(this.#socketPath, `/containers/${id}/attach?${ALL_STREAMS}`, limit),
    );
    return attachment(socket, terminal);
  }

  async start(id: string, signal: AbortSignal): Promise<void> {
    await ask(`start ${id}`, signal, (abortSignal) =>
      this.#docker.getContainer(id).start({ abortSignal }),
    );
  }

  async pid(id: string, signal: AbortSignal): Promise<number> {
    const { State } = await ask(`look at ${id}`, signal, (abortSignal) =>
      this.#docker.getContainer(id).inspect({ abortSignal }),
    );
    return State.Pid;
  }

  async wait(id: string, signal: AbortSignal): Promise<number> {
    try {
      const waiting = this.#docker.getContainer(id).wait({ abortSignal: signal });
      const { StatusCode } = (await untilAborted(waiting, signal)) as { StatusCode: number };
      return StatusCode;
    } catch (error) {
      signal.throwIfAborted();
      throw dockerError(error, `wait for ${id}`);
    }
  }

  async kill(id: string, signalName: string, signal: AbortSignal): Promise<void> {
    await ask(`signal ${id}`, signal, (abortSignal) =>
      this.#docker.getContainer(id).kill({ signal: signalName, abortSignal }).catch(ifOver),
    );
  }

  async resize(id: string, { columns, rows }: Terminal, signal: AbortSignal): Promise<void> {
    await ask(`resize ${id}`, signal, (abortSignal) =>
      this.#docker.getContainer(id).resize({ w: columns, h: rows, abortSignal }).catch(ifOver),
    );
  }
}

/** Not there any more (404), or not running (409; 500 from old Engines for `resize`). */
function ifOver(error: unknown): void {
  if (isStatus(error, 404) || isStatus(error, 409)) return;
  if (isStatus(error, 500) && /not running|no such/i.test(String(error))) return;
  throw error;
}

async function ask<T>(
  doing: string,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(QUICK_MS)]);
  try {
    return await untilAborted(call(limit), limit);
  } catch (error) {
    signal.throwIfAborted();
    throw dockerError(error, doing);
  }
}

/** The connection itself, after the Engine has agreed to give up HTTP on it. */
function hijacked(socketPath: string, path: string, signal: AbortSignal): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const headers = { Connection: 'Upgrade', Upgrade: 'tcp' };
  const asked = request({ socketPath, path, method: 'POST', headers, agent: false });
  const giveUp = (): void => void asked.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  asked.on('upgrade', (_answer, socket, head) => {
    signal.removeEventListener('abort', giveUp);
    if (head.length > 0) socket.unshift(head);
    resolve(socket);
  });
  asked.on('response', (answer) => {
    answer.resume();
    const statusCode = answer.statusCode ?? 500;
    reject(Object.assign(new Error(answer.statusMessage ?? ''), { statusCode }));
  });
  asked.on('error', reject);
  asked.end();
  return promise;
}

export function attachment(socket: Duplex, terminal: boolean): Attachment {
  // A container that ends while it is fed breaks the pipe; its output still counts.
  socket.on('error', () => undefined);
  return {
    output: terminal ? rawOutput(socket) : dividedOutput(socket),
    async write(data) {
      if (socket.destroyed || socket.writableEnded || socket.write(data)) return;
      await free(socket);
    },
    endInput: () => void socket.end(),
    close: () => void socket.destroy(),
  };
}

async function free(socket: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('drain', resolve);
  socket.once('close', resolve);
  if (socket.destroyed) resolve();
  await promise;
  socket.off('drain', resolve);
  socket.off('close', resolve);
}

async function* rawOutput(socket: Duplex): AsyncGenerator<Output> {
  for await (const data of socket as AsyncIterable<Buffer>) yield { from: 'stdout', data };
}

/** Takes Docker's frames apart. A frame is passed on as it comes: it may be much longer than one chunk. */
async function* dividedOutput(socket: Duplex): AsyncGenerator<Output> {
  let header = Buffer.alloc(0);
  let from: Output['from'] = 'stdout';
  let left = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    let rest = chunk;
    while (rest.length > 0) {
      if (left === 0) {
        const missing = HEADER_BYTES - header.length;
        header = Buffer.concat([header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (header.length < HEADER_BYTES) break;
        from = header[0] === 2 ? 'stderr' : 'stdout';
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
        continue;
      }
      const data = rest.subarray(0, left);
      rest = rest.subarray(data.length);
      left -= data.length;
      yield { from, data };
    }
  }
}
