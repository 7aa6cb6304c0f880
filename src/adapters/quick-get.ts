// One GET (or POST) with one deadline for all of it, over TCP, TLS or a local socket: for those who ask how somebody is.

import { type ClientRequest, type IncomingMessage, request as plain } from 'node:http';
import { request as secure } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import type { ClientTls } from './machine-client.ts';
import type { Dial } from './tcp-reach.ts';

export interface QuickGet {
  /** `http://ip:port/path` or `https://…`. */
  url: string;
  /** Instead of the URL's host. */
  socketPath?: string;
  tls?: ClientTls;
  headers?: Record<string, string>;
  /** With it the request is a POST. */
  body?: string;
  /** Another way than straight; for https only. */
  through?: Dial | undefined;
  /** For the whole answer. */
  ms: number;
}

export interface QuickAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

/** More than any answer that is waited for here. */
const MOST_BYTES = 64 << 20;

/** Rejects with a plain reason: `refused`, `silent for 2000 ms`, or what TLS or HTTP said. */
export async function quickGet(asked: QuickGet, signal: AbortSignal): Promise<QuickAnswer> {
  const late = AbortSignal.timeout(asked.ms);
  const either = AbortSignal.any([signal, late]);
  try {
    const stream = await throughTunnel(asked, either);
    const sent = open(asked, stream, either);
    sent.on('close', () => stream?.destroy());
    return await whole(sent, asked.body);
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) throw new Error(`silent for ${asked.ms} ms`, { cause: error });
    const { code, message } = error as NodeJS.ErrnoException;
    const refused = code === 'ECONNREFUSED' || code === 'ENOENT';
    throw new Error(refused ? 'refused' : message, { cause: error });
  }
}

async function throughTunnel(
  { url, through }: QuickGet,
  signal: AbortSignal,
): Promise<Duplex | undefined> {
  if (!through) return undefined;
  const { hostname, port } = new URL(url);
  const late = Promise.withResolvers<never>();
  const stop = (): void => late.reject(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([through(hostname, Number(port || 443)), late.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function open(
  { url, socketPath, tls, headers = {}, body }: QuickGet,
  stream: Duplex | undefined,
  signal: AbortSignal,
): ClientRequest {
  const method = body === undefined ? 'GET' : 'POST';
  const options = { method, headers, signal, ...(socketPath && { socketPath }) };
  if (stream) {
    const host = new URL(url).hostname;
    // With an agent, even with `false`, Node opens its own connection.
    const createConnection = () => tlsConnect({ ...tls, socket: stream, host });
    return secure(url, { ...options, createConnection });
  }
  if (url.startsWith('https:')) return secure(url, { ...options, agent: false, ...tls });
  return plain(url, { ...options, agent: false });
}

function whole(sent: ClientRequest, body: string | undefined): Promise<QuickAnswer> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (answer: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MOST_BYTES) answer.destroy(new Error('the answer is too long'));
        else chunks.push(chunk);
      });
      answer.on('error', reject);
      answer.on('end', () => {
        const { statusCode: status = 0, headers } = answer;
        resolve({ status, headers, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    sent.end(body);
  });
}
