// Whether a TCP port can be reached from here, told apart as a person on the phone would: open, refused, silent, no way there.

import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Reach } from '../model/examination.ts';

/** Another way than straight: a tunnel. Rejects with the other end's words. */
export type Dial = (host: string, port: number) => Promise<Duplex>;

/** `address` is `ip:port`; `ms`: when no answer counts as silence. Never throws but for the signal. */
export function reachOf(
  address: string,
  ms: number,
  signal: AbortSignal,
  through?: Dial,
): Promise<Reach> {
  if (through) return reachThrough(through, address, ms, signal);
  return dial(address, ms, signal, (socket, tell) => socket.once('connect', () => tell('open')));
}

/** The first bytes the other side sends by itself, as text; or how far one came. */
export async function greetingOf(
  address: string,
  ms: number,
  signal: AbortSignal,
): Promise<{ reach: Reach; greeting: string }> {
  let greeting = '';
  let connected = false;
  const reach = await dial(address, ms, signal, (socket, tell) => {
    socket.once('connect', () => (connected = true));
    socket.once('data', (chunk: Buffer) => {
      greeting = chunk.toString('latin1', 0, 80);
      tell('open');
    });
  });
  return { reach: connected ? 'open' : reach, greeting };
}

function dial(
  address: string,
  ms: number,
  signal: AbortSignal,
  listen: (socket: ReturnType<typeof connect>, tell: (reach: Reach) => void) => void,
): Promise<Reach> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Reach>();
  const cut = address.lastIndexOf(':');
  const socket = connect({ host: address.slice(0, cut), port: Number(address.slice(cut + 1)) });
  const timer = setTimeout(() => resolve('silent'), ms);
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  socket.on('error', (error: NodeJS.ErrnoException) => resolve(kindOf(error)));
  socket.once('close', () => resolve('refused'));
  listen(socket, resolve);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    socket.destroy();
  });
}

async function reachThrough(
  through: Dial,
  address: string,
  ms: number,
  signal: AbortSignal,
): Promise<Reach> {
  signal.throwIfAborted();
  const cut = address.lastIndexOf(':');
  const late = Promise.withResolvers<Reach>();
  const timer = setTimeout(() => late.resolve('silent'), ms);
  const stop = (): void => late.reject(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  const answer = through(address.slice(0, cut), Number(address.slice(cut + 1))).then(
    (stream): Reach => {
      stream.destroy();
      return 'open';
    },
    ({ message }: Error): Reach => {
      if (/refused/i.test(message)) return 'refused';
      return /timed out/i.test(message) ? 'silent' : 'unreachable';
    },
  );
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

function kindOf({ code }: NodeJS.ErrnoException): Reach {
  if (code === 'ETIMEDOUT') return 'silent';
  return code === 'ECONNREFUSED' || code === 'ECONNRESET' ? 'refused' : 'unreachable';
}
