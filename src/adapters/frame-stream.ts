// A frame channel over a socket. Both ends say every ten seconds that they are there; silence for thirty means they are not.

import type { Duplex } from 'node:stream';
import { FRAME } from '../model/run.ts';
import { DeisError } from '../model/errors.ts';
import { type Frame, FrameReader, frameHeader } from '../model/frames.ts';
import type { FrameChannel } from '../ports/frame-channel.ts';

const PING_MS = 10_000;
const SILENCE_MS = 30_000;
/** What was sent last may take so long to be delivered. */
const LINGER_MS = 10_000;
const NOTHING = new Uint8Array(0);

export interface FrameStreamOptions {
  /** What came with the answer to the upgrade. */
  head?: Uint8Array;
  /** For tests, ms. */
  ping?: number;
  silence?: number;
}

export class FrameStream implements FrameChannel {
  readonly #socket: Duplex;
  readonly #silence: number;
  readonly #closed = new AbortController();
  readonly #pinging: NodeJS.Timeout;
  readonly #reader = new FrameReader();
  readonly #frames: Frame[] = [];
  readonly #chunks: AsyncIterator<Uint8Array>;
  #problem: Error | undefined;

  constructor(
    socket: Duplex,
    { head, ping = PING_MS, silence = SILENCE_MS }: FrameStreamOptions = {},
  ) {
    this.#socket = socket;
    this.#silence = silence;
    if (head && head.length > 0) socket.unshift(head);
    this.#chunks = socket.iterator({ destroyOnReturn: false });
    socket.on('error', (error) => (this.#problem ??= error));
    socket.once('close', () => {
      clearInterval(this.#pinging);
      this.#closed.abort(lost(this.#problem));
    });
    this.#pinging = setInterval(() => void this.send(FRAME.ping, NOTHING), ping).unref();
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  async send(kind: number, payload: Uint8Array): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return;
    socket.cork();
    socket.write(frameHeader(kind, payload.length));
    const free = payload.length === 0 || socket.write(payload);
    socket.uncork();
    if (!free && socket.writableNeedDrain) await this.#drained();
  }

  #drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => {
      this.#socket.off('drain', done);
      this.closed.removeEventListener('abort', done);
      resolve();
    };
    this.#socket.once('drain', done);
    this.closed.addEventListener('abort', done, { once: true });
    if (this.closed.aborted) done();
    return promise;
  }

  async next(): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame && frame.kind !== FRAME.ping) return frame;
      if (frame) continue;
      const chunk = await this.#chunk();
      if (chunk) this.#frames.push(...this.#reader.push(chunk));
      else if (this.#reader.incomplete) throw lost(this.#problem);
      else return undefined;
    }
  }

  /** Silence is counted only while we wait for bytes: who does not read cannot hear. */
  async #chunk(): Promise<Uint8Array | undefined> {
    const timer = setTimeout(() => {
      this.#problem = new Error(`no sign of life for ${this.#silence / 1000} s`);
      this.#socket.destroy(this.#problem);
    }, this.#silence);
    try {
      const next = await this.#chunks.next();
      return next.done ? undefined : next.value;
    } catch (error) {
      throw lost(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async end(): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed.addEventListener('abort', () => resolve(), { once: true });
    clearInterval(this.#pinging);
    socket.end();
    void this.#drainInput();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    await promise;
    clearTimeout(timer);
  }

  /** Whatever still comes is of no interest, but must be taken for the end to be seen. */
  async #drainInput(): Promise<void> {
    try {
      while (!(await this.#chunks.next()).done);
    } catch {
      return; // it is over, that is all that counts here
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function lost(cause: unknown): DeisError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new DeisError('unavailable', `The connection was lost${why}.`, '', { cause });
}
