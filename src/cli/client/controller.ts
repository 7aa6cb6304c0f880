// The controller's API as the commands see it: calls with a token that return JSON, or throw what the server said.

import { VERSION } from '../../model/version.ts';
import { DeisError } from '../../model/errors.ts';
import { errorText, versionWarning } from './answer.ts';
import { DRY_RUN_HEADER, DryRun, type ForeseenChange } from './dry-run.ts';
import { type HttpAnswer, exchange } from './http.ts';
import type { ClientSettings } from './settings-file.ts';

export interface Page<T> {
  count: number;
  results: T[];
}

/** Where to call and as whom; an empty token calls anonymously. */
export type Caller = Pick<ClientSettings, 'controller' | 'token' | 'ssl_verify' | 'response_limit'>;

export class Controller {
  readonly #caller: Caller;
  readonly #warn: (text: string) => void;
  #warned = false;

  readonly #isDryRun: boolean;

  /** `isDryRun`: whatever would change something throws DryRun instead. */
  constructor(caller: Caller, warn: (text: string) => void, isDryRun = false) {
    this.#caller = caller;
    this.#warn = warn;
    this.#isDryRun = isDryRun;
  }

  /** Parsed JSON; undefined for an empty answer. Throws DeisError 'refused' with the server's words. */
  async call<T>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<T> {
    const answer = await this.answer(method, path, body, signal);
    if (answer.text.trim() === '') return undefined as T;
    try {
      return JSON.parse(answer.text) as T;
    } catch (cause) {
      throw new DeisError('refused', errorText(answer.statusLine, answer.text), '', { cause });
    }
  }

  get<T>(path: string, signal: AbortSignal): Promise<T> {
    return this.call('GET', path, undefined, signal);
  }

  /** As `list`, but undefined when this server has no such list. */
  async listIfKnown<T>(path: string, signal: AbortSignal): Promise<Page<T> | undefined> {
    const answer = await this.#exchange('GET', path, undefined, signal);
    return answer.status === 404 ? undefined : this.list(path, undefined, signal);
  }

  /** As `get`, but undefined when this server has nothing there. */
  async getIfKnown<T>(path: string, signal: AbortSignal): Promise<T | undefined> {
    const { status } = await this.#exchange('GET', path, undefined, signal);
    return status === 404 ? undefined : this.get(path, signal);
  }

  post<T>(path: string, body: unknown, signal: AbortSignal): Promise<T> {
    return this.call('POST', path, body, signal);
  }

  async delete(path: string, signal: AbortSignal, body?: unknown): Promise<void> {
    await this.answer('DELETE', path, body, signal);
  }

  /** One page of a list: at most `limit` of all. */
  list<T>(path: string, limit: number | undefined, signal: AbortSignal): Promise<Page<T>> {
    const size = limit ?? this.#caller.response_limit;
    return this.get(`${path}?page_size=${size}`, signal);
  }

  /** The raw answer of a call that succeeded. */
  async answer(
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const answer = await this.#exchange(method, path, body, signal);
    this.#checkVersion(answer);
    if (answer.headers[DRY_RUN_HEADER] !== undefined) {
      throw new DryRun(JSON.parse(answer.text) as ForeseenChange);
    }
    if (answer.status < 400) return answer;
    const hint =
      answer.status === 401 && this.#caller.token !== ''
        ? `Log in again: deis login ${this.#caller.controller}`
        : '';
    throw new DeisError('refused', errorText(answer.statusLine, answer.text), hint);
  }

  /** Throws DeisError 'not-found' when no Deis controller answers at this address. */
  async probe(signal: AbortSignal): Promise<void> {
    const { status } = await this.#exchange('GET', '', undefined, signal);
    if (status === 401 || status === 200) return;
    throw new DeisError(
      'not-found',
      `${this.#caller.controller} does not appear to be a valid Deis controller (it answered ${status})`,
      'Make sure that the address is right and the platform runs: deisctl status',
    );
  }

  #exchange(method: string, path: string, body: unknown, signal: AbortSignal): Promise<HttpAnswer> {
    const { controller, token, ssl_verify: verify } = this.#caller;
    const headers: Record<string, string> = {
      'Content-Type': 'application/json',
      'User-Agent': `Deis Client v${VERSION}`,
      ...(this.#isDryRun ? { [DRY_RUN_HEADER]: 'yes' } : {}),
      ...(token === '' ? {} : { Authorization: `token ${token}` }),
    };
    const text = body === undefined ? undefined : JSON.stringify(body);
    // What Deis v1 had not is asked for with its whole path: `/v2/…`.
    const url = new URL(path.startsWith('/') ? path : `/v1/${path}`, controller);
    return exchange({ method, url, headers, body: text, verify }, signal);
  }

  #checkVersion({ headers, status }: HttpAnswer): void {
    const server = [headers['deis_api_version']].flat()[0];
    // A proxy that answers in place of the controller has no version to compare.
    if (this.#warned || (server === undefined && status >= 500)) return;
    const warning = versionWarning(server);
    if (warning === undefined) return;
    this.#warned = true;
    this.#warn(warning);
  }
}
