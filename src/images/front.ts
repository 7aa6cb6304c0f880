// The door of a replica: what is asked goes to the image store behind it; what is pushed is answered when the other replicas have it too.

import { createHash } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { isSecure } from '../adapters/tls-beside-plain.ts';
import { toDeisError } from '../model/errors.ts';
import type { StoredImage } from '../ports/image-copies.ts';
import type { Log } from '../ports/log.ts';
import type { Gate } from './gate.ts';
import { ask, hand, refuse } from './proxy.ts';
import { type Asked, classify } from './request.ts';

export interface FrontOptions {
  listen: { host: string; port: number };
  store: { host: string; port: number };
  /** The store of former settings, for what has not been brought over yet. */
  former: () => { host: string; port: number } | undefined;
  gate: Gate;
  /** Why nobody may push now; undefined: they may. */
  pushProblem: () => string | undefined;
  /** Why this replica is not to be published; undefined: it is. */
  healthProblem: () => string | undefined;
  /** What lies here and what would go, as JSON. */
  garbage: (signal: AbortSignal) => Promise<string>;
  /** A layer has come; whoever else needs it may have it already when the image comes. */
  onLayer: (repository: string, digest: string) => void;
  /** Resolves when all live replicas hold it. */
  onImage: (image: StoredImage, signal: AbortSignal) => Promise<void>;
  /** Makes the server speak mutual TLS too: then nothing but its health is told without. */
  secure?: (server: Server) => void;
  log: Log;
}

const COPY_HEADER = 'x-deis-copy';
/** distribution's own limit, bytes. */
const LARGEST_MANIFEST = 4 * 1024 * 1024;

/** Serves until the signal aborts; requests that run then may end. Throws when the address is taken. */
export async function serveFront(
  options: FrontOptions,
  signal: AbortSignal,
  onListening: (port: number) => void = () => undefined,
): Promise<void> {
  const server: Server = createServer((request, response) => {
    serve(options, request, response, signal).catch((error: unknown) => {
      const { message } = toDeisError(error);
      options.log.warn('request failed', { url: request.url ?? '', error: message });
      refuse(response, 502, 'UNKNOWN', `The registry broke off: ${message}`);
    });
  });
  // A layer of some GB takes as long as it takes.
  server.requestTimeout = 0;
  options.secure?.(server);
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen(options.listen.port, options.listen.host, listening.resolve);
  await listening.promise;
  const address = server.address();
  onListening(typeof address === 'object' && address ? address.port : options.listen.port);
  await new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', resolve, { once: true });
  });
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  server.closeIdleConnections();
  const last = setTimeout(() => server.closeAllConnections(), LAST_REQUESTS_MS);
  await closed.promise;
  clearTimeout(last);
}

const LAST_REQUESTS_MS = 8000;

async function serve(
  options: FrontOptions,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { store, gate } = options;
  const asked = classify(request.method ?? 'GET', request.url ?? '/');
  if (asked.kind === 'health') return tellHealth(options, response);
  if (options.secure && !isSecure(request)) {
    return refuse(response, 403, 'DENIED', 'Over mutual TLS only; on machines: 127.0.0.1:5555.');
  }
  if (asked.kind === 'garbage') return tellGarbage(options, response, signal);
  if (asked.kind === 'unknown') return refuse(response, 404, 'UNKNOWN', 'There is no such page.');
  if (asked.kind === 'read') return read(options, request, response);
  if (asked.kind === 'check') {
    gate.touch();
    return hand(await ask(request, store), response);
  }
  const isCopy = request.headers[COPY_HEADER] !== undefined;
  const problem = refusal(options, request, isCopy);
  if (problem !== undefined) return refuse(response, 503, 'UNAVAILABLE', problem);
  await gate.pass(() => write(options, asked, isCopy, { request, response }, signal));
}

async function read(
  { store, former }: FrontOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answer = await ask(request, store);
  // A copier that looks whether it has anything to bring does not mean what is yet to be brought over.
  const isLook = request.method === 'HEAD' && request.headers[COPY_HEADER] !== undefined;
  const other = isLook ? undefined : former();
  if (answer.status !== 404 || !other) return hand(answer, response);
  answer.body.resume();
  return hand(await ask(request, other), response);
}

function refusal(
  { pushProblem }: FrontOptions,
  { method }: IncomingMessage,
  isCopy: boolean,
): string | undefined {
  // Deleting an upload gives a push up; anything else that is deleted is the sweeper's to delete, not over this door.
  return isCopy || method === 'DELETE' ? undefined : pushProblem();
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

async function write(
  options: FrontOptions,
  asked: Asked,
  isCopy: boolean,
  { request, response }: Exchange,
  signal: AbortSignal,
): Promise<void> {
  const { store } = options;
  if (request.method === 'DELETE' && !/\/blobs\/uploads\//.test(request.url ?? '')) {
    return refuse(response, 405, 'UNSUPPORTED', 'Images go by rule: see `deisctl disk`.');
  }
  if (asked.kind !== 'image') {
    const answer = await ask(request, store);
    if (asked.kind === 'layer' && answer.status === 201 && !isCopy) {
      options.onLayer(asked.repository, asked.digest);
    }
    return hand(answer, response);
  }
  const manifest = await readManifest(request);
  if (!manifest) return refuse(response, 413, 'MANIFEST_INVALID', 'The manifest is too large.');
  const answer = await ask(request, store, manifest);
  if (answer.status === 201 && !isCopy) {
    const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
    const { repository, reference } = asked;
    const tag = reference === digest ? {} : { tag: reference };
    try {
      await options.onImage({ repository, digest, ...tag }, signal);
    } catch (error) {
      answer.body.resume();
      const { message, hint } = toDeisError(error);
      options.log.warn('push refused', { repository, digest, error: message });
      return refuse(response, 503, 'UNAVAILABLE', `${message} ${hint}`.trim());
    }
  }
  return hand(answer, response);
}

async function readManifest(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LARGEST_MANIFEST) return undefined;
  }
  return Buffer.concat(chunks);
}

/** Health checks read the reason in the header. */
function tellHealth({ healthProblem }: FrontOptions, response: ServerResponse): void {
  const problem = healthProblem();
  response.writeHead(problem === undefined ? 200 : 503, {
    'content-type': 'text/plain; charset=utf-8',
    ...(problem !== undefined && { 'deis-reason': problem.replaceAll(/[^\x20-\x7e]/g, '?') }),
  });
  response.end(`${problem ?? 'ready'}\n`);
}

async function tellGarbage(
  { garbage }: FrontOptions,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const text = await garbage(signal);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(text);
}
