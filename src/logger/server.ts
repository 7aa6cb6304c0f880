// The logger's door: mutual TLS, machines hand in, controllers read.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { listenOn } from '../adapters/listen-on.ts';
import {
  answerFailure,
  clientName,
  mutualTlsServer,
  type ServerIdentity,
} from '../adapters/mutual-tls-server.ts';
import { DeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { type Answer, ROUTES, type RouteSources } from './routes.ts';

export interface ServerOptions extends RouteSources {
  tls: ServerIdentity;
  host: string;
  port: number;
  clock: Clock;
  log: Log;
}

/** A batch of 1 MB of control characters, escaped, and some room. */
const LARGEST_BODY = 16 * 1024 * 1024;
/** Bodies of all requests that are read at once, bytes. */
const MOST_BODIES = 64 * 1024 * 1024;

/** Serves until the signal aborts; `onListening` is told the port. */
export async function serve(
  options: ServerOptions,
  signal: AbortSignal,
  onListening: (port: number) => void = () => undefined,
): Promise<void> {
  const { tls, host, port, clock, log } = options;
  const bodies = { bytes: 0 };
  const server = mutualTlsServer(
    tls,
    log,
    (request, response) => void answer(options, bodies, request, response, signal),
  );
  server.keepAliveTimeout = 60_000;
  await listenOn(server, { host, port, door: 'logger', clock, log }, signal, onListening);
}

async function answer(
  options: ServerOptions,
  bodies: { bytes: number },
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new DeisError('unavailable', 'The client hung up.')));
  try {
    const { type, body } = await find(
      options,
      bodies,
      request,
      AbortSignal.any([signal, gone.signal]),
    );
    response.writeHead(200, { 'content-type': type });
    if (typeof body === 'string') response.end(body);
    else {
      response.flushHeaders();
      await pipeline(Readable.from(body), response);
    }
  } catch (error) {
    answerFailure(options.log, request, response, error);
  }
}

async function find(
  options: ServerOptions,
  bodies: { bytes: number },
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'https://logger');
  const route = Object.hasOwn(ROUTES, url.pathname) ? ROUTES[url.pathname] : undefined;
  if (!route || request.method !== route.method) {
    throw new DeisError('not-found', `There is no ${request.method} ${url.pathname}.`);
  }
  const name = clientName(request);
  if (!route.clients.includes(name)) {
    throw new DeisError('forbidden', `A certificate for "${name}" may not ask this.`);
  }
  const query = Object.fromEntries(url.searchParams);
  const body = route.method === 'POST' ? await bodyOf(request, bodies) : undefined;
  return route.handle(options, query, body, signal);
}

async function bodyOf(request: IncomingMessage, bodies: { bytes: number }): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      bodies.bytes += chunk.length;
      if (size > LARGEST_BODY) throw new DeisError('invalid', 'The body is too large.');
      if (bodies.bytes > MOST_BODIES) throw new DeisError('unavailable', 'Too much at once.');
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new DeisError('invalid', 'The body is not JSON.');
    throw error;
  } finally {
    bodies.bytes -= size;
  }
}
