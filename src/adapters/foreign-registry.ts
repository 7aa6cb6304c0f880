// A registry of other people: read only, over TLS, with the login of an app. What it answers never shows a login or a signed address.

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { z } from 'zod';
import { DeisError } from '../model/errors.ts';
import type { RegistryLogin } from '../model/registry-login.ts';
import { parseChallenge } from './registry-challenge.ts';
import { MANIFEST_TYPES, type Manifest } from './registry-replica.ts';

/** Until the first byte of an answer, ms. */
const PATIENCE_MS = 20_000;
const LARGEST_MANIFEST = 4 * 1024 * 1024;
const HUB = 'registry-1.docker.io';

const tokenShape = z.object({ token: z.string().optional(), access_token: z.string().optional() });
const problemShape = z.object({
  errors: z.array(z.object({ message: z.string().optional(), code: z.string().optional() })),
});

export class ForeignRegistry {
  readonly #host: string;
  readonly #origin: string;
  readonly #login: RegistryLogin;
  #authorization: string | undefined;

  /** `host` as in an image's name. */
  constructor(host: string, login: RegistryLogin = {}) {
    this.#host = host;
    this.#login = login;
    const scheme = login.plain === true ? 'http' : 'https';
    this.#origin = `${scheme}://${host === 'docker.io' ? HUB : host}`;
  }

  /** By tag or digest; undefined when there is none. Throws DeisError('unavailable' | 'forbidden'). */
  async manifest(
    name: string,
    reference: string,
    signal: AbortSignal,
  ): Promise<Manifest | undefined> {
    const path = `/v2/${name}/manifests/${reference}`;
    const response = await this.#get(path, name, { accept: MANIFEST_TYPES.join(', ') }, signal);
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    if (!response.ok) throw await this.#refused(name, response);
    const bytes = Buffer.from(await this.#reading(response.arrayBuffer(), signal));
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const wrong = reference.startsWith('sha256:') && reference !== digest;
    if (wrong || bytes.length > LARGEST_MANIFEST) {
      throw this.#away(`it gave something else than ${name}:${reference}`);
    }
    return { digest, type: typeOf(response, bytes), bytes };
  }

  /** Throws DeisError('unavailable' | 'not-found' | 'forbidden'). */
  async readBlob(
    name: string,
    digest: string,
    signal: AbortSignal,
  ): Promise<{ body: Readable; size: number }> {
    const response = await this.#get(`/v2/${name}/blobs/${digest}`, name, {}, signal);
    if (!response.ok) throw await this.#refused(name, response);
    const size = Number(response.headers.get('content-length') ?? Number.NaN);
    if (!response.body || !Number.isInteger(size)) {
      throw this.#away(`it does not say how large ${digest} is`);
    }
    return { body: Readable.fromWeb(response.body as ReadableStream), size };
  }

  /** Asks again with the login when the registry wants one. */
  async #get(
    path: string,
    name: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Response> {
    const first = await this.#ask(`${this.#origin}${path}`, this.#with(headers), signal);
    if (first.status !== 401) return first;
    await first.body?.cancel();
    await this.#authorize(first.headers.get('www-authenticate') ?? '', name, signal);
    const second = await this.#ask(`${this.#origin}${path}`, this.#with(headers), signal);
    if (second.status !== 401) return second;
    await second.body?.cancel();
    throw this.#loginRefused(name);
  }

  #with(headers: Record<string, string>): Record<string, string> {
    const authorization = this.#authorization;
    return authorization === undefined ? headers : { ...headers, authorization };
  }

  async #authorize(header: string, name: string, signal: AbortSignal): Promise<void> {
    const challenge = parseChallenge(header);
    const { username, password } = this.#login;
    const basic =
      username === undefined || password === undefined
        ? undefined
        : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    if (!challenge) throw this.#away('it wants to know who asks in a way we do not know');
    if (challenge.kind === 'basic') {
      if (basic === undefined) throw this.#loginRefused(name);
      this.#authorization = basic;
      return;
    }
    const { realm, service } = challenge;
    // The login goes there: never without TLS, unless this registry itself is spoken to without.
    if (realm.protocol !== 'https:' && this.#login.plain !== true) {
      throw this.#away('it wants a login to be sent without TLS');
    }
    realm.searchParams.set('scope', `repository:${name}:pull`);
    if (service !== undefined) realm.searchParams.set('service', service);
    const headers: Record<string, string> = basic === undefined ? {} : { authorization: basic };
    const response = await this.#ask(realm.href, headers, signal);
    if (!response.ok) {
      await response.body?.cancel();
      throw this.#loginRefused(name);
    }
    const answer = tokenShape.safeParse(await this.#reading(response.json(), signal));
    const token = answer.data?.token ?? answer.data?.access_token;
    if (token === undefined) throw this.#away('its token server gave no token');
    this.#authorization = `Bearer ${token}`;
  }

  /** Follows redirects; the login stays with this host (fetch drops it on the way to another). */
  async #ask(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error('no answer')), PATIENCE_MS);
    try {
      return await fetch(url, { headers, signal: AbortSignal.any([signal, late.signal]) });
    } catch (error) {
      signal.throwIfAborted();
      throw this.#away(late.signal.aborted ? 'no answer' : causeOf(error));
    } finally {
      clearTimeout(timer);
    }
  }

  async #reading<T>(body: Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await body;
    } catch (error) {
      signal.throwIfAborted();
      throw this.#away(causeOf(error));
    }
  }

  async #refused(name: string, response: Response): Promise<DeisError> {
    const said = problemShape.safeParse(await response.json().catch(() => undefined));
    const [problem] = said.data?.errors ?? [];
    const why = (problem?.message ?? problem?.code ?? '').slice(0, 200);
    if (response.status === 403) return this.#loginRefused(name);
    const text = `The registry ${this.#host} answered ${response.status} for ${name}`;
    const code = response.status === 404 ? 'not-found' : 'unavailable';
    return new DeisError(code, why === '' ? `${text}.` : `${text}: ${why}`);
  }

  #loginRefused(name: string): DeisError {
    const who = this.#login.username === undefined ? 'without a login' : 'with this login';
    return new DeisError(
      'forbidden',
      `The registry ${this.#host} does not let ${name} be read ${who}.`,
      `Set one: deis registry:set host=${this.#host} username=… password=…`,
    );
  }

  /** The cause is not kept: it may hold an address that is signed. */
  #away(why: string): DeisError {
    const hint = 'Check the name of its host, and that it can be reached from the machines.';
    return new DeisError('unavailable', `The registry ${this.#host} cannot be read: ${why}.`, hint);
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = (cause as NodeJS.ErrnoException).code;
  return code ?? (cause instanceof Error ? cause.message : String(cause));
}

/** Some registries answer with a general type: the manifest says itself what it is. */
function typeOf(response: Response, bytes: Buffer): string {
  const said = (response.headers.get('content-type') ?? '').split(';')[0]!.trim();
  if (MANIFEST_TYPES.includes(said)) return said;
  const own = z.object({ mediaType: z.string() }).safeParse(parseJson(bytes));
  return own.data?.mediaType ?? said;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
