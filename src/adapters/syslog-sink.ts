// Syslog receivers over UDP, TCP and TLS (RFC 5426, 6587, 5425).

import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates } from 'node:tls';
import type { DrainTarget, Framing } from '../model/drain.ts';
import { DeisError } from '../model/errors.ts';
import type { LogSink, LogSinks, SinkOptions } from '../ports/log-sink.ts';

const CONNECT_MS = 10_000;
const SEND_MS = 60_000;
const CLOSE_MS = 3000;
/** The largest UDP payload over IPv4; a longer message is cut and ends in `...`, as in Deis v1. */
const LARGEST_DATAGRAM = 65_507;
/**
 * Datagrams sent before whoever receives them is given a moment: 5,000 a second. Their kernel keeps a few hundred for a receiver
 * that does something else, and a minute of lines that had to wait comes at once.
 */
const BURST = 25;
const BREATH_MS = 5;

export const syslogSinks: LogSinks = {
  async open(options, signal) {
    const address = await resolve(options, signal);
    if (options.target.transport === 'udp') return udpSink(options.target, address, signal);
    return streamSink(options, address, signal);
  },
};

async function resolve({ target, refuse }: SinkOptions, signal: AbortSignal): Promise<string> {
  let address = target.host;
  if (isIP(address) === 0) {
    try {
      ({ address } = await lookup(target.host));
    } catch (cause) {
      throw new DeisError('unavailable', `${target.host} has no address`, '', { cause });
    }
  }
  signal.throwIfAborted();
  const reason = refuse(address);
  if (reason !== undefined) throw new DeisError('refused', `${target.host}: ${reason}`);
  return address;
}

async function streamSink(
  { target, ca }: SinkOptions,
  address: string,
  signal: AbortSignal,
): Promise<LogSink> {
  const socket = await connected(target, address, ca, signal);
  const broken = new AbortController();
  const breaks = (why: string): void => {
    broken.abort(new DeisError('unavailable', `${target.host}:${target.port} ${why}`));
    socket.destroy();
  };
  socket.on('error', ({ message }) => breaks(`broke: ${message}`));
  socket.on('end', () => breaks('hung up'));
  socket.on('close', () => breaks('hung up'));
  // Receivers have nothing to say; reading is how we hear that they hang up.
  socket.resume();
  return {
    broken: broken.signal,
    async send(messages, given) {
      const ends = AbortSignal.any([given, broken.signal]);
      ends.throwIfAborted();
      const late = setTimeout(() => breaks('took nothing for a minute'), SEND_MS);
      const { promise, resolve: taken, reject } = Promise.withResolvers<void>();
      const abort = (): void => reject(ends.reason as Error);
      ends.addEventListener('abort', abort, { once: true });
      socket.write(framed(messages, target.framing), (error) => (error ? undefined : taken()));
      try {
        await promise;
      } finally {
        clearTimeout(late);
        ends.removeEventListener('abort', abort);
      }
    },
    async close() {
      socket.removeAllListeners('end');
      if (!socket.destroyed) {
        const { promise, resolve: closed } = Promise.withResolvers<void>();
        const late = setTimeout(closed, CLOSE_MS);
        socket.once('close', closed);
        socket.end();
        await promise;
        clearTimeout(late);
      }
      socket.destroy();
    },
  };
}

async function connected(
  { host, port, transport, verify }: DrainTarget,
  address: string,
  ca: string,
  signal: AbortSignal,
): Promise<Socket> {
  const { promise, resolve: ready, reject } = Promise.withResolvers<void>();
  const authorities = ca === '' ? {} : { ca: [...rootCertificates, ca] };
  const names = isIP(host) === 0 ? { servername: host } : {};
  const socket =
    transport === 'tls'
      ? connectTls({
          host: address,
          port,
          rejectUnauthorized: verify,
          ...authorities,
          ...names,
        })
      : connectTcp({ host: address, port });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
  const abort = (): void => reject(new Error(`no answer within ${CONNECT_MS / 1000} s`));
  limit.addEventListener('abort', abort, { once: true });
  socket.once('error', reject);
  socket.once(transport === 'tls' ? 'secureConnect' : 'connect', ready);
  try {
    await promise;
    return socket;
  } catch (cause) {
    socket.on('error', () => undefined);
    socket.destroy();
    signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DeisError('unavailable', `${host}:${port} cannot be reached: ${why}`, '', { cause });
  } finally {
    limit.removeEventListener('abort', abort);
    socket.removeListener('error', reject);
  }
}

function framed(messages: readonly Buffer[], framing: Framing): Buffer {
  const newline = Buffer.from('\n');
  return Buffer.concat(
    messages.flatMap((message) =>
      framing === 'newline' ? [message, newline] : [Buffer.from(`${message.length} `), message],
    ),
  );
}

/** Fire and forget, as UDP is; only what the own machine refuses is known. */
async function udpSink(
  { host, port }: DrainTarget,
  address: string,
  signal: AbortSignal,
): Promise<LogSink> {
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  const broken = new AbortController();
  socket.on('error', ({ message }) =>
    broken.abort(new DeisError('unavailable', `${host}:${port} broke: ${message}`)),
  );
  socket.unref();
  signal.throwIfAborted();
  return {
    broken: broken.signal,
    async send(messages, given) {
      for (const [index, message] of messages.entries()) {
        given.throwIfAborted();
        const data = cut(message);
        const { promise, resolve: taken, reject } = Promise.withResolvers<void>();
        socket.send(data, port, address, (error) => {
          if (error) reject(new DeisError('unavailable', `${host}:${port}: ${error.message}`));
          else taken();
        });
        await promise;
        if (index % BURST === BURST - 1) {
          await new Promise((resume) => setTimeout(resume, BREATH_MS));
        }
      }
    },
    async close() {
      socket.close();
    },
  };
}

function cut(message: Buffer): Buffer {
  if (message.length <= LARGEST_DATAGRAM) return message;
  let end = LARGEST_DATAGRAM - 3;
  // Not in the middle of a character.
  while (end > 0 && (message[end]! & 0xc0) === 0x80) end -= 1;
  return Buffer.concat([message.subarray(0, end), Buffer.from('...')]);
}
