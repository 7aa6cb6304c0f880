// HTTP for fleet's API: reads requests, routes them, spells answers. Knows no unit.

import { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isDeisError, toDeisError } from '../model/errors.ts';
import type { Log } from '../ports/log.ts';
import { type Answer, type Call, refusal, type Services } from './call.ts';
import { FleetRefusal } from './refusal.ts';
import { route } from './routes.ts';

/** Bytes of a request's body. */
const LARGEST_BODY = 1024 * 1024;
/** A Go client does not repeat a PUT on a connection that was closed under it; Go's own servers close none. */
const KEEP_ALIVE_MS = 600_000;
/** What fleet 1.0 calls itself. */
const SERVER = 'fleetd/1.0.0';
const AWAY = 'fleet server unable to communicate with etcd';

/** Not yet listening. The signal ends requests that run. */
export function fleetServer(services: Services, signal: AbortSignal): Server {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void serve(services, request, response, signal);
  });
  // Who has said everything, as what comes through a pipe has, still wants to hear the answer. Node's own; its types do not know it.
  return Object.assign(server, { httpAllowHalfOpen: true });
}

async function serve(
  services: Services,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client hung up')));
  const answer = await answerTo(services, request, AbortSignal.any([signal, gone.signal]));
  if (response.destroyed) return;
  const { status, type, body = '' } = answer;
  response.writeHead(status, {
    server: SERVER,
    ...(type !== undefined && { 'content-type': type }),
    ...(status !== 204 && { 'content-length': Buffer.byteLength(body) }),
    // What the client still sends is not read to its end.
    ...(status === 413 && { connection: 'close' }),
  });
  response.end(body);
}

async function answerTo(
  services: Services,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const { path, query } = addressOf(request.url ?? '/');
    const call: Omit<Call, 'item'> = {
      method: request.method ?? 'GET',
      query,
      contentTypes: headerValues(request, 'content-type'),
      body: () => bodyOf(request),
    };
    return await route(path, call, services, signal);
  } catch (error) {
    if (error instanceof FleetRefusal) return refusal(error.status, error.message);
    return failed(services.log, request, error, signal);
  }
}

function failed(log: Log, request: IncomingMessage, error: unknown, signal: AbortSignal): Answer {
  if (isDeisError(error, 'unavailable', 'timeout') || signal.aborted) return refusal(503, AWAY);
  const problem = toDeisError(error);
  if (problem.code === 'invalid') return refusal(400, problem.message);
  log.error('request failed', {
    method: request.method,
    path: request.url,
    error: problem.message,
    ...(problem.stack && { stack: problem.stack }),
  });
  return refusal(500, '');
}

function addressOf(url: string): { path: string; query: URLSearchParams } {
  const [raw = '/', ...rest] = url.split('?');
  try {
    return { path: decodeURIComponent(raw), query: new URLSearchParams(rest.join('?')) };
  } catch {
    throw new FleetRefusal(400, 'malformed path');
  }
}

function headerValues({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === name,
  );
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) {
      throw new FleetRefusal(413, `request body is larger than ${LARGEST_BODY} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
