// One request to the control socket of nginx: a fresh connection each time, so that any worker that is awake can answer.

import { request } from 'node:http';
import { DeisError } from '../model/errors.ts';

export interface ControlAnswer {
  status: number;
  text: string;
}

/** A worker that took our connection and froze must not keep us: ask again on another connection after so long, ms. */
const PATIENCE_MS = 500;

/** Throws DeisError('unavailable') when there is no complete answer in time; the request may have been carried out all the same. */
export function askControl(
  socketPath: string,
  method: 'GET' | 'PUT' | 'DELETE',
  path: string,
  body: string,
  signal: AbortSignal,
): Promise<ControlAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ControlAnswer>();
  const sent = request(
    {
      socketPath,
      method,
      path,
      agent: false,
      headers: { host: 'control', 'content-length': Buffer.byteLength(body) },
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    },
    (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      answer.on('error', reject);
    },
  );
  sent.on('error', reject);
  sent.end(body);
  return promise.catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new DeisError('unavailable', `nginx does not answer ${method} ${path}`, '', { cause });
  });
}
