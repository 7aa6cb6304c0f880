// One GET (or POST) with one deadline for all of it, over TCP, TLS or a local socket: for those who ask how somebody is.

import { type ClientRequest, type IncomingMessage, request as plain } from 'node:http';
import { request as secure } from 'node:https';
import type { ClientTls } from './machine-client.ts';

export interface QuickGet {
  /** `http://ip:port/path` or `https://…`. */
  url: string;
  /** Instead of the URL's host. */
  socketPath?: string;
  tls?: ClientTls;
  headers?: Record<string, string>;
  /** With it the request is a POST. */
  body?: string;
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
    return await whole(open(asked, either), asked.body);
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) throw new Error(`silent for ${asked.ms} ms`, { cause: error });
    const { code, message } = error as NodeJS.ErrnoException;
    const refused = code === 'ECONNREFUSED' || code === 'ENOENT';
    throw new Error(refused ? 'refused' : message, { cause: error });
  }
}

function open({ url, socketPath, tls, headers = {}, body }: QuickGet, signal: AbortSignal) {
  const method = body === undefined ? 'GET' : 'POST';
  const options = {
    method,
    headers,
    agent: false as const,
    signal,
    ...(socketPath && { socketPath }),
  };
  return url.startsWith('https:') ? secure(url, { ...options, ...tls }) : plain(url, options);
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
