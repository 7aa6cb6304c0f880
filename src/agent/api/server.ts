// The API of one machine over mutual TLS: logs, journals and states for deisctl and controllers, a sign of life for the scheduler.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { listenOn } from '../../adapters/listen-on.ts';
import {
  answerFailure,
  clientName,
  mutualTlsServer,
  type ServerIdentity,
} from '../../adapters/mutual-tls-server.ts';
import { DeisError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { type Answer, type ApiSources, ORDERS, ROUTES } from './routes.ts';
import { type Runs, acceptRun } from './runs.ts';

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
const TABLES: Record<string, typeof ROUTES> = { GET: ROUTES, POST: ORDERS };

/** Serves until the signal aborts; `onListening` is told the port, which differs from the asked one if that was 0. */
export async function serveApi(
  options: ApiOptions,
  signal: AbortSignal,
  onListening: (port: number) => void = () => undefined,
): Promise<void> {
  let running = 0;
  const { tls, host, port, clock, log } = options;
  const server = mutualTlsServer(tls, log, (request, response) => {
    running += 1;
    void answer(options, request, response, running, signal).finally(() => (running -= 1));
  });
  server.on('upgrade', (request, socket, head) => {
    void acceptRun(options, { request, socket, head }, () => mustBeAllowed(request, 1), signal);
  });
  await listenOn(server, { host, port, door: 'api', clock, log }, signal, onListening);
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
    answerFailure(options.log, request, response, error);
  }
}

function mustBeAllowed(request: IncomingMessage, running: number): void {
  const name = clientName(request);
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
