// The same question to the router of every machine, over HTTP or TLS.

import { request, type RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { eventually, type TestPlatform } from './platform.ts';

export interface Seen {
  status: number;
  body: string;
  headers: Record<string, unknown>;
  /** Common name of the certificate, over TLS. */
  name: string;
}

export function ask(ip: string, host: string, tls: boolean, headers: object = {}): Promise<Seen> {
  const { promise, resolve, reject } = Promise.withResolvers<Seen>();
  const options: RequestOptions & { servername: string; rejectUnauthorized: boolean } = {
    host: ip,
    port: tls ? 443 : 80,
    headers: { host, ...headers },
    servername: host,
    rejectUnauthorized: false,
    agent: false,
    timeout: 5000,
  };
  const sent = (tls ? requestTls : request)(options, (answer) => {
    const name = tls ? (answer.socket as TLSSocket).getPeerCertificate().subject?.CN : '';
    let body = '';
    answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
    answer.on('error', reject);
    answer.on('end', () =>
      resolve({
        status: answer.statusCode ?? 0,
        body,
        headers: answer.headers,
        name: String(name ?? ''),
      }),
    );
  });
  sent.on('timeout', () => sent.destroy(new Error('no answer'))).on('error', reject);
  sent.end();
  return promise;
}

/** Resolves when every router answers like that, within 5 s. */
export type Everywhere = (
  host: string,
  check: (seen: Seen) => boolean,
  how?: { tls?: boolean; headers?: object },
) => Promise<void>;

export function everyRouter({ context }: Pick<TestPlatform, 'context'>): Everywhere {
  return async (host, check, { tls = false, headers = {} } = {}) => {
    await Promise.all(
      context.machines.map(({ ip }) =>
        eventually(`${host} at ${ip}`, 5, async () => check(await ask(ip, host, tls, headers))),
      ),
    );
  };
}

export const status =
  (wanted: number) =>
  (seen: Seen): boolean =>
    seen.status === wanted;
