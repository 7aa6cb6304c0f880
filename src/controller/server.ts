// The API over HTTP: the transport rules of Deis v1 around the table of routes (reference §1.1). No rule of an app lives here.

import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Answer, Call } from './call.ts';
import { type Route, withUser } from './route.ts';
import { ROUTES } from './routes.ts';
import type { Services } from './services.ts';
import { WireError, detail, notFound, toWireError } from './wire/errors.ts';
import { installParsers } from './wire/parsers.ts';
import { reasonPhrase } from './wire/reason-phrase.ts';
import { API_MAJOR, CORS_HEADERS, PREFLIGHT_HEADERS, VERSION_HEADERS } from './wire/versions.ts';

/** All config values of an app (768 KB), escaped as JSON, and some room. */
const LARGEST_BODY_BYTES = 4 * 1024 * 1024;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export interface ServerState {
  /** Ends requests that still wait when the controller must go. */
  stopping: AbortSignal;
  /** False from the moment the controller is told to stop: /healthz then answers 503. */
  accepting(): boolean;
}

/** Not listening yet. `close()` stops accepting and waits for the requests that run. */
export function apiServer(services: Services, state: ServerState): FastifyInstance {
  const server = Fastify({
    logger: false,
    bodyLimit: LARGEST_BODY_BYTES,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 300 },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end(RAW_BAD_REQUEST);
      else socket.destroy();
    },
    frameworkErrors: (error, request, reply) => {
      dressAnswer(reply);
      sendError(services, error, request, reply);
    },
  });
  installParsers(server);
  server.addHook('onRequest', async (request, reply) => {
    dressAnswer(reply);
    refuseOtherVersions(request);
  });
  server.addHook('onSend', async (_request, reply) => {
    reply.raw.statusMessage = reasonPhrase(reply.statusCode);
  });
  server.setErrorHandler((error, request, reply) => sendError(services, error, request, reply));
  server.setNotFoundHandler((request, reply) => {
    if (request.method === 'OPTIONS') return reply.code(200).headers(PREFLIGHT_HEADERS).send();
    return sendError(services, notFound(), request, reply);
  });
  healthRoute(server, state);
  for (const route of ROUTES) addRoute(server, services, state, route);
  refuseOtherMethods(server, services, state);
  return server;
}

/** The one path outside /v1, for routers and agents. It does not ask the store: a controller without it still answers 503s. */
function healthRoute(server: FastifyInstance, state: ServerState): void {
  server.get('/healthz', (_request, reply) =>
    reply
      .code(state.accepting() ? 200 : 503)
      .type('text/plain; charset=utf-8')
      .send(state.accepting() ? 'OK' : 'stopping'),
  );
  server.route({
    method: ['POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/healthz',
    handler: (request) => {
      throw detail(405, `Method '${request.method}' not allowed.`);
    },
  });
}

function addRoute(
  server: FastifyInstance,
  services: Services,
  state: ServerState,
  route: Route,
): void {
  server.route({
    method: route.method,
    url: `/v1${route.path}` + (route.path === '' ? '/' : ''),
    handler: async (request, reply) => {
      const started = services.clock.monotonic();
      const answer = await handled(route, callOf(services, state, request, reply));
      sendAnswer(reply, answer);
      if (route.method !== 'GET') {
        const ms = Math.round(services.clock.monotonic() - started);
        const { method, url } = request;
        services.log.info('request answered', {
          method,
          path: pathOf(url),
          status: answer.status,
          ms,
        });
      }
      return reply;
    },
  });
}

/** What breaks because the call was ended is told as what ended it. */
async function handled(route: Route, call: Call): Promise<Answer> {
  try {
    return await route.handle(call);
  } catch (error) {
    call.signal.throwIfAborted();
    throw error;
  }
}

/** 405, but only for whoever may know that the path exists: credentials are looked at first. */
function refuseOtherMethods(server: FastifyInstance, services: Services, state: ServerState): void {
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    const known = ROUTES.filter((route) => route.path === path).map((route) => route.method);
    const others = METHODS.filter((method) => !(known as string[]).includes(method));
    server.route({
      method: [...others],
      url: `/v1${path}` + (path === '' ? '/' : ''),
      handler: async (request, reply) => {
        await withUser(callOf(services, state, request, reply));
        throw detail(405, `Method '${request.method}' not allowed.`);
      },
    });
  }
}

function callOf(
  services: Services,
  state: ServerState,
  request: FastifyRequest,
  reply: FastifyReply,
): Call {
  const gone = new AbortController();
  reply.raw.once('close', () =>
    gone.abort(new WireError(503, { detail: 'The caller went away.' })),
  );
  return {
    services,
    method: request.method,
    url: absoluteUrl(request),
    params: request.params as Record<string, string>,
    body: request.body,
    authorization: request.headers.authorization,
    signal: AbortSignal.any([gone.signal, state.stopping]),
  };
}

function absoluteUrl(request: FastifyRequest): URL {
  const base = URL.parse(`${request.protocol}://${request.host}`) ?? new URL('http://localhost');
  return URL.parse(request.url, base.href) ?? base;
}

function sendAnswer(reply: FastifyReply, { status, json, text, headers = {} }: Answer): void {
  reply.code(status).headers(headers);
  if (json !== undefined) reply.type('application/json').send(JSON.stringify(json));
  else if (text !== undefined) reply.type('text/plain; charset=utf-8').send(text);
  else reply.send();
}

function sendError(
  services: Services,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { wire, internal } = toWireError(error);
  if (internal) {
    services.log.error('request failed', {
      method: request.method,
      path: pathOf(request.url),
      error: internal.message,
      ...(internal.cause instanceof Error && internal.cause.stack
        ? { stack: internal.cause.stack }
        : { stack: internal.stack ?? '' }),
    });
  }
  // The framework's own refusals pass no hook.
  reply.raw.statusMessage = reasonPhrase(wire.status);
  return reply
    .code(wire.status)
    .headers(wire.headers)
    .type('application/json')
    .send(JSON.stringify(wire.body));
}

/** Before anything can go wrong: version headers with their literal underscores, on every answer. */
function dressAnswer(reply: FastifyReply): void {
  for (const [name, value] of Object.entries({ ...VERSION_HEADERS, ...CORS_HEADERS })) {
    reply.raw.setHeader(name, value);
  }
}

function refuseOtherVersions(request: FastifyRequest): void {
  const version = request.headers['deis-version'] ?? request.headers['deis_version'];
  if (typeof version !== 'string' || version.split('.')[0] === API_MAJOR) return;
  const error = `Client and server versions do not match. Client version: ${version.slice(0, 20)} Server version: ${API_MAJOR}`;
  throw new WireError(405, { error });
}

/** Without the query: nothing that a caller sent is logged but the path. */
function pathOf(url: string): string {
  return url.split('?')[0]!;
}

/** For what is not even HTTP. */
const RAW_BAD_REQUEST = [
  `HTTP/1.1 400 ${reasonPhrase(400)}`,
  ...Object.entries(VERSION_HEADERS).map(([name, value]) => `${name}: ${value}`),
  'Content-Type: application/json',
  'Connection: close',
  '',
  '{"detail":"Bad request"}',
].join('\r\n');
