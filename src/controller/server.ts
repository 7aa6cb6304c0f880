// The API over HTTP: the transport rules of Deis v1 around the table of routes (reference §1.1). No rule of an app lives here.

import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ForeseenChange } from './app/foresee.ts';
import { type Answer, type Call, ok } from './call.ts';
import { type Route, urlOf, withUser } from './route.ts';
import { ROUTES } from './routes.ts';
import { acceptRuns, isRunUpgrade } from './run/upgrade.ts';
import type { Services } from './services.ts';
import { WireError, detail, notFound } from './wire/errors.ts';
import { installParsers } from './wire/parsers.ts';
import { reasonPhrase } from './wire/reason-phrase.ts';
import { chosenRequestId } from './wire/request-id.ts';
import { RAW_BAD_REQUEST, dressAnswer, pathOf, sendAnswer, sendError } from './wire/send.ts';
import { API_MAJOR, PREFLIGHT_HEADERS } from './wire/versions.ts';

/** All config values of an app (768 KB), escaped as JSON, and some room. */
const LARGEST_BODY_BYTES = 4 * 1024 * 1024;
/** A call with this header changes nothing: its answer, which has the header too, says what would happen. */
const DRY_RUN = 'x-deis-dry-run';
const NO_DRY_RUN =
  'This cannot be tried: only deploys, config, limits, tags, scaling, restarts and rollbacks can. Nothing was done.';
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export interface ServerState {
  /** Ends requests that still wait when the controller must go. */
  stopping: AbortSignal;
  /** Aborts when the controller is told to stop: /healthz then answers 503, and answers without an end must end. */
  leaving: AbortSignal;
}

/** Not listening yet. `close()` stops accepting and waits for the requests that run. */
export function apiServer(services: Services, state: ServerState): FastifyInstance {
  const server = Fastify({
    logger: false,
    bodyLimit: LARGEST_BODY_BYTES,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 300 },
    http: { shouldUpgradeCallback: isRunUpgrade },
    genReqId: (request) => chosenRequestId(request.headers['x-request-id']),
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end(RAW_BAD_REQUEST);
      else socket.destroy();
    },
    frameworkErrors: (error, request, reply) => {
      dressAnswer(reply, request.id);
      sendError(services.log, error, request, reply);
    },
  });
  installParsers(server);
  server.addHook('onRequest', async (request, reply) => {
    dressAnswer(reply, request.id);
    refuseOtherVersions(request);
  });
  server.addHook('onSend', async (_request, reply) => {
    reply.raw.statusMessage = reasonPhrase(reply.statusCode);
  });
  server.setErrorHandler((error, request, reply) => sendError(services.log, error, request, reply));
  server.setNotFoundHandler((request, reply) => {
    if (request.method === 'OPTIONS') return reply.code(200).headers(PREFLIGHT_HEADERS).send();
    return sendError(services.log, notFound(), request, reply);
  });
  healthRoute(server, state);
  for (const route of ROUTES) addRoute(server, services, state, route);
  refuseOtherMethods(server, services, state);
  acceptRuns(server.server, services, state);
  return server;
}

/** The one path outside /v1, for routers and agents. It does not ask the store: a controller without it still answers 503s. */
function healthRoute(server: FastifyInstance, state: ServerState): void {
  server.get('/healthz', (_request, reply) =>
    reply
      .code(!state.leaving.aborted ? 200 : 503)
      .type('text/plain; charset=utf-8')
      .send(!state.leaving.aborted ? 'OK' : 'stopping'),
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
    url: urlOf(route),
    handler: async (request, reply) => {
      const started = services.clock.monotonic();
      const answer = await handled(route, callOf(services, state, request, reply));
      sendAnswer(reply, answer);
      if (route.method !== 'GET') {
        const ms = Math.round(services.clock.monotonic() - started);
        const { method, url } = request;
        services.log.info('request answered', {
          request: request.id,
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
    if (call.services.isDryRun && route.method !== 'GET' && !route.canTry)
      throw detail(400, NO_DRY_RUN);
    return await route.handle(call);
  } catch (error) {
    if (error instanceof ForeseenChange) {
      return { ...ok(error.foreseen), headers: { [DRY_RUN]: 'yes' } };
    }
    call.signal.throwIfAborted();
    throw error;
  }
}

/** 405, but only for whoever may know that the path exists: credentials are looked at first. */
function refuseOtherMethods(server: FastifyInstance, services: Services, state: ServerState): void {
  for (const url of new Set(ROUTES.map(urlOf))) {
    const known = ROUTES.filter((route) => urlOf(route) === url).map((route) => route.method);
    const others = METHODS.filter((method) => !(known as string[]).includes(method));
    server.route({
      method: [...others],
      url,
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
    services: {
      ...services,
      log: services.log.with({ request: request.id }),
      isDryRun: request.headers[DRY_RUN] !== undefined,
    },
    method: request.method,
    url: absoluteUrl(request),
    params: request.params as Record<string, string>,
    body: request.body,
    authorization: request.headers.authorization,
    header: (name) => [request.headers[name]].flat()[0],
    from: [request.headers['x-forwarded-for']].flat()[0] ?? request.ip,
    requestId: request.id,
    signal: AbortSignal.any([gone.signal, state.stopping]),
    leaving: state.leaving,
  };
}

function absoluteUrl(request: FastifyRequest): URL {
  const base = URL.parse(`${request.protocol}://${request.host}`) ?? new URL('http://localhost');
  return URL.parse(request.url, base.href) ?? base;
}

function refuseOtherVersions(request: FastifyRequest): void {
  const version = request.headers['deis-version'] ?? request.headers['deis_version'];
  if (typeof version !== 'string' || version.split('.')[0] === API_MAJOR) return;
  const error = `Client and server versions do not match. Client version: ${version.slice(0, 20)} Server version: ${API_MAJOR}`;
  throw new WireError(405, { error });
}
