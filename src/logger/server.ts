// The logger's door: mutual TLS, machines hand in, controllers read.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import { z } from 'zod';
import { DeisError, type ErrorCode, toDeisError } from '../model/errors.ts';
import { type Clock, rest } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { type Answer, ROUTES, type RouteSources } from './routes.ts';

export interface ServerOptions extends RouteSources {
  /** PEM texts, and who tells when they have changed. */
  tls: { ca: string; cert: string; key: string; onRenewal?(listener: () => void): void };
  host: string;
  port: number;
  clock: Clock;
  log: Log;
}

/** A batch of 1 MB of control characters, escaped, and some room. */
const LARGEST_BODY = 16 * 1024 * 1024;
/** Bodies of all requests that are read at once, bytes. */
const MOST_BODIES = 64 * 1024 * 1024;
const LISTEN_AGAIN_MS = 1000;

const STATUS: Partial<Record<ErrorCode, number>> = {
  invalid: 400,
  forbidden: 403,
  'not-found': 404,
  unavailable: 503,
  timeout: 504,
};

/** Serves until the signal aborts; `onListening` is told the port. */
export async function serve(
  options: ServerOptions,
  signal: AbortSignal,
  onListening: (port: number) => void = () => undefined,
): Promise<void> {
  const { tls, host, port, clock, log } = options;
  const bodies = { bytes: 0 };
  const server = createServer(
    { ...tls, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    (request, response) => void answer(options, bodies, request, response, signal),
  );
  tls.onRenewal?.(() => server.setSecureContext({ ...tls, minVersion: 'TLSv1.2' }));
  server.keepAliveTimeout = 60_000;
  server.on('tlsClientError', ({ message }) => log.debug('client refused', { error: message }));
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    server.once('error', resolve);
    server.listen(port, host, () => resolve(undefined));
    const problem = await promise;
    server.removeListener('error', resolve);
    if (!problem || signal.aborted) break;
    log.warn('logger cannot listen', { host, port, error: problem.message });
    await rest(clock, LISTEN_AGAIN_MS, signal);
  }
  const address = server.address();
  onListening(typeof address === 'object' && address ? address.port : port);
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }
  server.close();
  server.closeAllConnections();
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
    fail(options.log, request, response, error);
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
  const { subject } = (request.socket as TLSSocket).getPeerCertificate();
  const name = typeof subject?.CN === 'string' ? subject.CN : '';
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

/** After the first byte only the connection itself can tell that the answer is not whole. */
function fail(log: Log, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const problem =
    error instanceof z.ZodError
      ? new DeisError('invalid', z.prettifyError(error))
      : toDeisError(error);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { code, message, hint } = problem;
  if (code === 'internal') log.warn('request failed', { path: request.url ?? '', error: message });
  const body = { error: { code, message: code === 'internal' ? 'internal error' : message, hint } };
  response.writeHead(STATUS[code] ?? 500, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
