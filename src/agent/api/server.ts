// The API of one machine over mutual TLS: logs, journals and states for deisctl and controllers, a sign of life for the scheduler.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import { z } from 'zod';
import { DeisError, type ErrorCode, toDeisError } from '../../model/errors.ts';
import { type Clock, rest } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { type Answer, type ApiSources, ORDERS, ROUTES } from './routes.ts';
import { type Runs, acceptRun } from './runs.ts';

/** PEM texts, and who tells when they have changed. */
export interface ServerIdentity {
  ca: string;
  cert: string;
  key: string;
  onRenewal?(listener: () => void): void;
}

export interface ApiOptions extends ApiSources {
  tls: ServerIdentity;
  /** The machine's own address; deisd may start before it is there. */
  host: string;
  port: number;
  clock: Clock;
  log: Log;
  /** One-off containers; absent: this machine runs none. */
  runs?: Runs;
}

/** Common names of the certificates that may ask; routers and registries have no business here. */
const CLIENTS: ReadonlySet<string> = new Set(['operator', 'controller', 'deisd']);
/** Answers under way at once, followed journals included. */
const MOST_ANSWERS = 64;
const LISTEN_AGAIN_MS = 1000;
const TABLES: Record<string, typeof ROUTES> = { GET: ROUTES, POST: ORDERS };

const STATUS: Partial<Record<ErrorCode, number>> = {
  invalid: 400,
  forbidden: 403,
  'not-found': 404,
  unavailable: 503,
  timeout: 504,
};

/** Serves until the signal aborts; `onListening` is told the port, which differs from the asked one if that was 0. */
export async function serveApi(
  options: ApiOptions,
  signal: AbortSignal,
  onListening: (port: number) => void = () => undefined,
): Promise<void> {
  let running = 0;
  const { tls } = options;
  const server = createServer(
    { ...tls, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    (request, response) => {
      running += 1;
      void answer(options, request, response, running, signal).finally(() => (running -= 1));
    },
  );
  tls.onRenewal?.(() => server.setSecureContext({ ...tls, minVersion: 'TLSv1.2' }));
  server.on('upgrade', (request, socket, head) => {
    void acceptRun(options, { request, socket, head }, () => mustBeAllowed(request, 1), signal);
  });
  server.on('tlsClientError', ({ message }) => {
    options.log.debug('client refused', { error: message });
  });
  await listen(server, options, signal);
  if (signal.aborted) return;
  const address = server.address();
  onListening(typeof address === 'object' && address ? address.port : options.port);
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  server.close();
  server.closeAllConnections();
}

/** Tries until the address is there and free. */
async function listen(
  server: Server,
  { host, port, clock, log }: ApiOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    server.once('error', resolve);
    server.listen(port, host, () => resolve(undefined));
    const problem = await promise;
    server.removeListener('error', resolve);
    if (!problem) return;
    log.warn('api cannot listen', { host, port, error: problem.message });
    await rest(clock, LISTEN_AGAIN_MS, signal);
  }
}

async function answer(
  options: ApiOptions,
  request: IncomingMessage,
  response: ServerResponse,
  running: number,
  signal: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client hung up')));
  const either = AbortSignal.any([signal, gone.signal]);
  try {
    mustBeAllowed(request, running);
    const { type, body } = await find(options, request, either);
    response.writeHead(200, { 'content-type': type });
    if (typeof body === 'string') response.end(body);
    else await pipeline(Readable.from(body), response);
  } catch (error) {
    fail(options.log, request, response, error);
  }
}

function mustBeAllowed(request: IncomingMessage, running: number): void {
  const { subject } = (request.socket as TLSSocket).getPeerCertificate();
  const name = typeof subject?.CN === 'string' ? subject.CN : '';
  if (!CLIENTS.has(name)) {
    throw new DeisError('forbidden', `A certificate for "${name}" may not ask this machine.`);
  }
  if (running > MOST_ANSWERS) {
    throw new DeisError('unavailable', 'This machine is answering too many requests at once.');
  }
}

function find(
  sources: ApiSources,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<Answer> | Answer {
  const url = new URL(request.url ?? '/', 'https://machine');
  const table = TABLES[request.method ?? ''] ?? {};
  const route = Object.hasOwn(table, url.pathname) ? table[url.pathname] : undefined;
  if (!route) {
    throw new DeisError('not-found', `There is no ${request.method} ${url.pathname}.`);
  }
  return route(sources, Object.fromEntries(url.searchParams), signal);
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
