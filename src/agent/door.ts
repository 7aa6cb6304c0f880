// The registry door of a machine: one address for images, whichever replicas of the registry are alive.
// Reads go from replica to replica until one has what is asked; one push goes to one replica from its first byte to its manifest.

import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Log } from '../ports/log.ts';
import { type Forwarded, forward } from './door-forward.ts';
import { type ImageRequest, classify, uploadOf } from './door-request.ts';

export interface DoorOptions {
  /** `127.0.0.1` and 5555; port 0 for tests. */
  listen: { host: string; port: number };
  /** `host:port` of every replica that is published now. */
  replicas: () => string[];
  log: Log;
}

/** Uploads remembered at once; the oldest is forgotten first. */
const MOST_UPLOADS = 1000;

export class Door {
  readonly #options: DoorOptions;
  readonly #server: Server;
  /** Replica of each upload that has begun, and of the last upload of each repository. */
  readonly #uploads = new Map<string, string>();

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => this.#failed(error, response));
    });
    // A layer of some GB takes as long as it takes.
    this.#server.requestTimeout = 0;
  }

  /** The port it listens on. Throws when the address is taken. */
  async open(): Promise<number> {
    const { host, port } = this.#options.listen;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject).listen(port, host, resolve);
    await promise;
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : port;
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = classify(request.method ?? 'GET', request.url ?? '/');
    const candidates = this.#candidates(asked);
    const answer = await firstAnswer(request, asked, candidates);
    if (!answer) return unavailable(response, candidates.length);
    this.#remember(asked, answer);
    const { incoming } = answer;
    response.writeHead(incoming.statusCode ?? 502, incoming.headers);
    await pipeline(incoming, response);
  }

  /** Replicas to ask, in order. */
  #candidates({ kind, upload, repository }: ImageRequest): string[] {
    const replicas = this.#options.replicas().toSorted();
    if (kind === 'read') return replicas;
    const sticky = this.#uploads.get(upload ?? repository);
    const first = sticky !== undefined && replicas.includes(sticky) ? sticky : replicas[0];
    if (first === undefined) return [];
    // What was begun at one replica cannot be finished at another.
    return kind === 'begin' ? [first, ...without(replicas, first)] : [first];
  }

  #remember({ kind, repository }: ImageRequest, { replica, incoming }: Forwarded): void {
    if (kind !== 'begin' || (incoming.statusCode ?? 500) >= 300) return;
    const upload = uploadOf(incoming.headers.location ?? '');
    for (const key of [repository, ...(upload === undefined ? [] : [upload])]) {
      this.#uploads.delete(key);
      this.#uploads.set(key, replica);
    }
    for (const oldest of this.#uploads.keys()) {
      if (this.#uploads.size <= MOST_UPLOADS) break;
      this.#uploads.delete(oldest);
    }
  }

  #failed(error: unknown, response: ServerResponse): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#options.log.warn('registry request failed', { error: message });
    if (response.headersSent) response.destroy();
    else refuse(response, 502, 'UNKNOWN', `The registry broke off: ${message}`);
  }
}

/** The first replica that has it; a request with a body is never sent twice. */
async function firstAnswer(
  request: IncomingMessage,
  { kind }: ImageRequest,
  candidates: readonly string[],
): Promise<Forwarded | undefined> {
  let last: Forwarded | undefined;
  for (const replica of candidates) {
    const answer = await forward(request, replica);
    if (!answer) continue;
    last?.incoming.resume();
    last = answer;
    if (kind !== 'read' || (answer.incoming.statusCode ?? 500) < 400) return answer;
  }
  return last;
}

const without = (all: readonly string[], one: string): string[] =>
  all.filter((item) => item !== one);

function unavailable(response: ServerResponse, replicas: number): void {
  const found = replicas === 0 ? 'none is published' : `none of ${replicas} answers`;
  refuse(
    response,
    503,
    'UNAVAILABLE',
    `No replica of the image registry can be reached: ${found}.`,
  );
}

/** In the words of the registry API (distribution, "Errors"). */
function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify({ errors: [{ code, message }] })}\n`);
}
