// Asks machines over their API: what deisctl and controllers want to know of them. Mutual TLS, a deadline for everything.

import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import type { DiskReport } from '../model/disk-report.ts';
import { DeisError, type ErrorCode } from '../model/errors.ts';
import type { Examination } from '../model/examination.ts';
import type { MachineLoad } from '../model/machine-load.ts';
import type { RebootNews, RebootTurn } from '../model/reboot.ts';
import type { UnitState } from '../model/unit.ts';
import type { JournalQuery, LogLine, LogQuery } from '../ports/log-store.ts';
import { linesOf } from './json-lines.ts';

/** PEM texts of the cluster's authority and of the asking component. */
export interface ClientTls {
  ca: string | Buffer;
  cert: string | Buffer;
  key: string | Buffer;
}

export interface MachineClientOptions {
  /** Until the first byte of an answer, ms. */
  firstByte?: number;
  /** Another way to machines than straight: a tunnel. */
  dial?: (host: string, port: number) => Promise<Duplex>;
}

/** Until the first byte of an answer, and until its last (but for a followed journal), ms. */
const FIRST_BYTE_MS = 10_000;
const WHOLE_MS = 30_000;
const HEALTHY_MS = 1000;

/** `api` is always `host:port`, as in the machine's record. All throw DeisError('unavailable') when it does not answer. */
export class MachineClient {
  readonly #tls: ClientTls;
  readonly #firstByte: number;
  readonly #dial: MachineClientOptions['dial'];

  constructor(tls: ClientTls, { firstByte = FIRST_BYTE_MS, dial }: MachineClientOptions = {}) {
    this.#tls = tls;
    this.#firstByte = firstByte;
    this.#dial = dial;
  }

  /** Oldest first. */
  async logs(api: string, query: LogQuery, signal: AbortSignal): Promise<LogLine[]> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(WHOLE_MS)]);
    const lines: LogLine[] = [];
    for await (const json of linesOf(this.#get(api, '/v1/logs', { ...query }, limit))) {
      lines.push(JSON.parse(json) as LogLine);
    }
    return lines;
  }

  /** Chunks of text; ends with the journal's last line, or with the signal when it is followed. */
  async *journal(api: string, query: JournalQuery, signal: AbortSignal): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#get(api, '/v1/journal', { ...query }, signal)) {
      yield decoder.decode(chunk, { stream: true });
    }
  }

  status(api: string, unit: string, signal: AbortSignal): Promise<string> {
    return this.#text(api, '/v1/status', { unit }, signal);
  }

  async disk(api: string, signal: AbortSignal): Promise<DiskReport> {
    return JSON.parse(await this.#text(api, '/v1/disk', {}, signal)) as DiskReport;
  }

  /** `targets`: `ip:port` that the machine should be able to reach. */
  async examination(
    api: string,
    targets: readonly string[],
    signal: AbortSignal,
  ): Promise<Examination> {
    const text = await this.#text(api, '/v1/examination', { targets: targets.join(',') }, signal);
    return JSON.parse(text) as Examination;
  }

  async load(api: string, signal: AbortSignal): Promise<MachineLoad> {
    return JSON.parse(await this.#text(api, '/v1/load', {}, signal)) as MachineLoad;
  }

  /** By unit name. */
  async unitStates(api: string, signal: AbortSignal): Promise<Record<string, UnitState>> {
    const text = await this.#text(api, '/v1/unit-states', {}, signal);
    return JSON.parse(text) as Record<string, UnitState>;
  }

  /** Lines of progress; ends when the machine may be shut down. */
  async *leave(api: string, signal: AbortSignal): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#get(api, '/v1/leave', {}, signal, 'POST')) {
      yield decoder.decode(chunk, { stream: true });
    }
  }

  /** Ends with `granted`, and the machine goes down, or with `refused`. Waits for its turn as long as it takes. */
  async *reboot(
    api: string,
    by: RebootTurn['by'],
    signal: AbortSignal,
  ): AsyncGenerator<RebootNews> {
    for await (const json of linesOf(this.#get(api, '/v1/reboot', { by }, signal, 'POST'))) {
      yield JSON.parse(json) as RebootNews;
    }
  }

  stay(api: string, signal: AbortSignal): Promise<string> {
    return this.#text(api, '/v1/stay', {}, signal, 'POST');
  }

  /** Within a second; any problem is a no. */
  async healthy(api: string, signal: AbortSignal): Promise<boolean> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(HEALTHY_MS)]);
    return this.#text(api, '/healthz', {}, limit).then(
      () => true,
      () => false,
    );
  }

  async #text(
    api: string,
    path: string,
    query: Query,
    signal: AbortSignal,
    method: Method = 'GET',
  ): Promise<string> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(WHOLE_MS)]);
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#get(api, path, query, limit, method)) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  async *#get(
    api: string,
    path: string,
    query: Query,
    signal: AbortSignal,
    method: Method = 'GET',
  ): AsyncGenerator<Uint8Array> {
    const url = urlOf(api, path, query);
    try {
      const response = await this.#open(url, method, signal);
      if (response.statusCode !== 200) throw await refusal(api, response);
      yield* response as AsyncIterable<Uint8Array>;
    } catch (error) {
      if (error instanceof DeisError) throw error;
      const late = signal.aborted && isTimeout(signal.reason);
      if (signal.aborted && !late) throw signal.reason;
      const why = late ? 'it took too long' : reasonOf(error);
      throw new DeisError('unavailable', `The machine at ${api} does not answer: ${why}.`, '', {
        cause: error,
      });
    }
  }

  async #open(url: URL, method: Method, signal: AbortSignal): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const port = Number(url.port || 443);
    const through = await this.#dial?.(url.hostname, port);
    const tls = this.#tls;
    const way = through
      ? { createConnection: () => tlsConnect({ ...tls, socket: through, host: url.hostname }) }
      : { ...tls, agent: false };
    // With an agent, even with `false`, Node opens its own connection.
    const asked = request(url, { ...way, method, signal }, (response) => {
      clearTimeout(late);
      resolve(response);
    });
    asked.on('close', () => through?.destroy());
    const late = setTimeout(() => {
      asked.destroy(new Error(`no answer within ${this.#firstByte} ms`));
    }, this.#firstByte);
    asked.on('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    asked.end();
    return await promise;
  }
}

type Method = 'GET' | 'POST';

type Query = Record<string, string | number | boolean | undefined>;

function urlOf(api: string, path: string, query: Query): URL {
  const url = new URL(`https://${api}${path}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

/** The machine's own words. */
async function refusal(api: string, response: IncomingMessage): Promise<DeisError> {
  let text = '';
  for await (const chunk of response) text += String(chunk);
  try {
    const { error } = JSON.parse(text) as {
      error: { code: ErrorCode; message: string; hint: string };
    };
    return new DeisError(error.code, error.message, error.hint);
  } catch (cause) {
    const status = response.statusCode ?? 0;
    return new DeisError('unavailable', `The machine at ${api} answered ${status}.`, '', { cause });
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
