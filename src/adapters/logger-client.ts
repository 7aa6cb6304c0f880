// Speaks to the logger: for machines that hand lines in, and for controllers that read them. Mutual TLS, a deadline for everything.

import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { DeisError, type ErrorCode } from '../model/errors.ts';
import type { ShippedBatch, ShippingState } from '../model/shipped.ts';
import type { DrainReport } from '../ports/app-logs.ts';
import type { LogLine, LogQuery } from '../ports/log-store.ts';
import type { LoggerDoor } from '../ports/log-shipping.ts';
import { linesOf } from './json-lines.ts';
import type { ClientTls } from './machine-client.ts';

/** Until the first byte of an answer: for machines, which can wait, and for people, ms. */
const SHIP_MS = 15_000;
const READ_MS = 3000;
/** Until the last byte, but for what is followed, ms. */
const WHOLE_MS = 30_000;

interface Asked {
  method: 'GET' | 'POST';
  address: string;
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: string;
  patience: number;
}

export class LoggerClient implements LoggerDoor {
  readonly #tls: ClientTls;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(tls: ClientTls) {
    this.#tls = tls;
  }

  async state(address: string, machine: string, signal: AbortSignal): Promise<ShippingState> {
    const path = '/v1/state';
    const asked: Asked = { method: 'GET', address, path, query: { machine }, patience: SHIP_MS };
    return (await this.#json(asked, signal)) as ShippingState;
  }

  async ship(
    address: string,
    batch: ShippedBatch,
    signal: AbortSignal,
  ): Promise<ShippingState & { accepted: boolean }> {
    const body = JSON.stringify(batch);
    const asked: Asked = { method: 'POST', address, path: '/v1/lines', body, patience: SHIP_MS };
    return (await this.#json(asked, signal)) as ShippingState & { accepted: boolean };
  }

  /** Oldest first; with `follow`, until the signal aborts. */
  async *logs(
    address: string,
    query: LogQuery,
    follow: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<LogLine> {
    const path = '/v1/logs';
    const limit = follow ? signal : AbortSignal.any([signal, AbortSignal.timeout(WHOLE_MS)]);
    const asked: Asked = {
      method: 'GET',
      address,
      path,
      query: { ...query, follow },
      patience: READ_MS,
    };
    for await (const json of linesOf(this.#ask(asked, limit))) yield JSON.parse(json) as LogLine;
  }

  async drains(address: string, app: string, signal: AbortSignal): Promise<DrainReport[]> {
    const path = '/v1/drains';
    const asked: Asked = { method: 'GET', address, path, query: { app }, patience: READ_MS };
    return (await this.#json(asked, signal)) as DrainReport[];
  }

  close(): void {
    this.#agent.destroy();
  }

  async #json(asked: Asked, signal: AbortSignal): Promise<unknown> {
    const chunks: Uint8Array[] = [];
    const limit = AbortSignal.any([signal, AbortSignal.timeout(WHOLE_MS)]);
    for await (const chunk of this.#ask(asked, limit)) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  }

  async *#ask(asked: Asked, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      const response = await this.#open(asked, signal);
      if (response.statusCode !== 200) throw await refusal(response);
      yield* response as AsyncIterable<Uint8Array>;
    } catch (error) {
      if (error instanceof DeisError) throw error;
      const late = signal.aborted && (signal.reason as Error).name === 'TimeoutError';
      if (signal.aborted && !late) throw signal.reason;
      const why = late ? 'it took too long' : (error as Error).message;
      throw new DeisError('unavailable', `The logger at ${asked.address} failed: ${why}.`, '', {
        cause: error,
      });
    }
  }

  #open(
    { method, address, path, query = {}, body, patience }: Asked,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const url = new URL(`https://${address}${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const asked = request(url, { method, ...this.#tls, agent: this.#agent, signal }, (response) => {
      clearTimeout(late);
      resolve(response);
    });
    const late = setTimeout(() => {
      asked.destroy(new Error(`no answer within ${patience} ms`));
    }, patience);
    asked.on('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    asked.end(body);
    return promise;
  }
}

/** The logger's own words. */
async function refusal(response: IncomingMessage): Promise<DeisError> {
  let text = '';
  for await (const chunk of response) text += String(chunk);
  try {
    const { error } = JSON.parse(text) as {
      error: { code: ErrorCode; message: string; hint: string };
    };
    return new DeisError(error.code, error.message, error.hint);
  } catch (cause) {
    return new DeisError('unavailable', `The logger answered ${response.statusCode}.`, '', {
      cause,
    });
  }
}
