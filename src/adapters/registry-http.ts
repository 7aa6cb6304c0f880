// One HTTP exchange with an image registry: mutual TLS with replicas, plain http with what listens on this machine alone; streams both
// ways, errors translated once.

import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DeisError } from '../model/errors.ts';
import { type AskerTls, askedWith } from './tls-beside-plain.ts';

export interface RegistryRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  url: URL;
  headers?: Record<string, string>;
  body?: Buffer | Readable;
  /** How long it may be silent, ms; 15 s by default. */
  silence?: number;
  /** For `https:`. */
  tls?: AskerTls | undefined;
}

export interface RegistryResponse {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Must be read to its end or destroyed. */
  body: http.IncomingMessage;
}

/** A replica that is silent for this long counts as away, ms. */
const SILENCE_MS = 15_000;
const CONNECT_MS = 2000;
/** Manifests and error messages are read whole. */
const LARGEST_TEXT = 4 * 1024 * 1024;

/** Any status is an answer. Throws DeisError('unavailable') naming the replica when none comes. */
export async function registryCall(
  { method, url, headers = {}, body, silence = SILENCE_MS, tls }: RegistryRequest,
  signal: AbortSignal,
): Promise<RegistryResponse> {
  const given = Promise.withResolvers<RegistryResponse>();
  const options = { method, headers, signal, agent: false };
  const request =
    url.protocol === 'https:' && tls
      ? https.request(url, { ...options, ...askedWith(tls, 'registry') })
      : http.request(url, options);
  const connecting = setTimeout(
    () => request.destroy(new Error('connection timed out')),
    CONNECT_MS,
  );
  request.once('socket', (socket) => {
    if (!socket.connecting) clearTimeout(connecting);
    socket.once('connect', () => clearTimeout(connecting));
  });
  request.setTimeout(silence, () => request.destroy(new Error('no answer')));
  request.once('response', (response) =>
    given.resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response }),
  );
  request.on('error', (cause) => given.reject(away(url, cause)));
  request.once('close', () => clearTimeout(connecting));
  if (body === undefined || Buffer.isBuffer(body)) request.end(body);
  else pipeline(body, request).catch((cause: unknown) => given.reject(away(url, cause)));
  try {
    return await given.promise;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** The whole body. Throws DeisError('unavailable') when it breaks off or is larger than any manifest. */
export async function wholeBody({ body }: RegistryResponse, url: URL): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > LARGEST_TEXT) throw new Error('its answer is too large');
    }
  } catch (cause) {
    throw away(url, cause);
  }
  return Buffer.concat(chunks);
}

/** Where a replica's pages are. What listens on loopback is this machine's own, and speaks plainly. */
export function replicaUrl(address: string, path: string, tls: AskerTls | undefined): URL {
  const isOwn = address.startsWith('127.0.0.1:');
  return new URL(path, `${tls && !isOwn ? 'https' : 'http'}://${address}`);
}

export function away(url: URL, cause: unknown): DeisError {
  if (cause instanceof DeisError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DeisError(
    'unavailable',
    `The image registry at ${url.host} does not answer: ${why}`,
    'See `deisctl list` for the state of deis-registry.',
    { cause },
  );
}
