// The registry door of a machine: one address for images, whichever replicas of the registry are alive.
// Reads go from replica to replica until one has what is asked; one push goes to one replica from its first byte to its manifest.

import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { AskerTls } from '../adapters/tls-beside-plain.ts';
import type { Log } from '../ports/log.ts';
import { type Forwarded, forward } from './door-forward.ts';
import { type ImageRequest, classify, uploadOf } from './door-request.ts';

export interface DoorOptions {
  /** `127.0.0.1` and 5555; port 0 for tests. */
  listen: { host: string; port: number };
  /** `host:port` of every replica that is published now. */
  replicas: () => string[];
  /** What replicas are shown; left out in tests. */
  tls?: AskerTls;
  /** How long a replica may think about a question, ms. */
  readMs?: number;
  log: Log;
}

/** Uploads remembered at once; the oldest is forgotten first. */
const MOST_UPLOADS = 1000;

export class Door {
  readonly #options: DoorOptions;
  readonly #server: Server;
  /** Replica of each upload that has begun, and of the last upload of each repository. */
  readonly #uploads = new Map<string, string>();

  /** Replicas that did not answer the last time they were asked. */
  readonly #sick = new Set<string>();

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
    const answer = await this.#firstAnswer(request, asked, candidates);
    if (typeof answer === 'string') return unavailable(response, answer);
    this.#remember(asked, answer);
    const { incoming } = answer;
    response.writeHead(incoming.statusCode ?? 502, incoming.headers);
    await pipeline(incoming, response);
  }

  /** Replicas to ask, in order. */
  #candidates({ kind, upload, repository }: ImageRequest): string[] {
    const sorted = this.#options.replicas().toSorted();
    // The sick last: each of them costs a reader the time until it is given up.
    const replicas = [
      ...sorted.filter((one) => !this.#sick.has(one)),
      ...sorted.filter((one) => this.#sick.has(one)),
    ];
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

  /** The first replica that has it. A request with a body is never sent twice. */
  async #firstAnswer(
    request: IncomingMessage,
    { kind }: ImageRequest,
    candidates: readonly string[],
  ): Promise<Forwarded | string> {
    let missing: Forwarded | undefined;
    const silent: string[] = [];
    for (const replica of candidates) {
      const { readMs, tls } = this.#options;
      const answer = await forward(request, replica, tls, readMs);
      const status = answer?.incoming.statusCode ?? 500;
      if (status < 500) this.#sick.delete(replica);
      else this.#sick.add(replica);
      if (answer && (kind !== 'read' || (status !== 404 && status < 500))) {
        missing?.incoming.resume();
        return answer;
      }
      if (status >= 500) silent.push(replica);
      const unwanted = status === 404 ? missing : answer;
      unwanted?.incoming.resume();
      if (status === 404) missing = answer;
    }
    // "Not found" is final for who asks: it is said only when every replica says so.
    if (missing && silent.length === 0) return missing;
    if (candidates.length === 0) return 'none is published';
    const others = missing ? ', and the others lack it' : '';
    return `no answer from ${silent.join(', ')}${others}`;
  }
}

const without = (all: readonly string[], one: string): string[] =>
  all.filter((item) => item !== one);

function unavailable(response: ServerResponse, why: string): void {
  refuse(response, 503, 'UNAVAILABLE', `No replica of the image registry can help: ${why}.`);
}

/** In the words of the registry API (distribution, "Errors"). */
function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify({ errors: [{ code, message }] })}\n`);
}
