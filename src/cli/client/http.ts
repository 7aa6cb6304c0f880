// One HTTP exchange with the controller, as plain data.

import * as dns from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import { DeisError } from '../../model/errors.ts';
import { isLocalhost } from './controller-url.ts';

export interface HttpRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  /** JSON text; undefined: no body. */
  body: string | undefined;
  /** Check the certificate of an https address. */
  verify: boolean;
}

export interface HttpAnswer {
  status: number;
  /** `400 BAD REQUEST`, as the server worded it. */
  statusLine: string;
  /** Names in lower case. */
  headers: http.IncomingHttpHeaders;
  text: string;
}

const MAX_REDIRECTS = 5;

/** Follows redirects with method and body unchanged. Throws DeisError 'unavailable' when nobody answers. */
export async function exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  let current = request;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await send(current, signal);
    const { location } = answer.headers;
    const redirected = answer.status >= 301 && answer.status <= 308 && location !== undefined;
    if (!redirected || redirects === MAX_REDIRECTS) return answer;
    const url = new URL(location, current.url);
    // The token is for the host it was given by, and never leaves an encrypted connection for a plain one.
    const sameHost = url.hostname === current.url.hostname;
    const downgraded = current.url.protocol === 'https:' && url.protocol === 'http:';
    if (!sameHost || downgraded) return answer;
    current = { ...current, url };
  }
}

function send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const { method, url, body, verify } = request;
  const headers = { ...request.headers, 'Content-Length': String(Buffer.byteLength(body ?? '')) };
  const options = { method, headers, signal, lookup, agent: false } as const;
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const fail = (cause: Error): void => reject(signal.aborted ? signal.reason : silent(url, cause));
  const onAnswer = (answer: http.IncomingMessage): void => {
    read(answer).then(resolve, fail);
  };
  const sent =
    url.protocol === 'https:'
      ? https.request(url, { ...options, rejectUnauthorized: verify }, onAnswer)
      : http.request(url, options, onAnswer);
  sent.on('error', fail);
  sent.end(body);
  return promise;
}

async function read(answer: http.IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return {
    status: answer.statusCode ?? 0,
    statusLine: `${answer.statusCode ?? 0} ${answer.statusMessage ?? ''}`.trimEnd(),
    headers: answer.headers,
    text: Buffer.concat(chunks).toString('utf8'),
  };
}

/** Node's resolver does not know `*.localhost` on every system. */
export const lookup: LookupFunction = (hostname, options, callback) => {
  if (!isLocalhost(hostname)) return dns.lookup(hostname, options, callback);
  const address = { address: '127.0.0.1', family: 4 };
  if (options.all) callback(null, [address]);
  else callback(null, address.address, address.family);
};

export function silent(url: URL, cause: Error): DeisError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
    return new DeisError(
      'unavailable',
      `the certificate of ${url.host} was refused: ${cause.message}`,
      'If you know this controller, log in with --ssl-verify=false.',
      { cause },
    );
  }
  return new DeisError(
    'unavailable',
    `the controller at ${url.origin} does not answer: ${cause.message || code}`,
    'Check its address, and that the platform runs: deisctl status',
    { cause },
  );
}
