// Hands a request on to one replica of the registry, as it is, over mutual TLS.

import { type IncomingMessage, request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { type AskerTls, askedWith } from '../adapters/tls-beside-plain.ts';

export interface Forwarded {
  replica: string;
  incoming: IncomingMessage;
}

/** A replica that does not take the connection is passed over after this long, ms. */
const CONNECT_MS = 1000;

/** A question is answered from disk; a replica that takes longer hangs. The end of a push may take longer, ms. */
const READ_MS = 10_000;

/**
 * The replica's answer; undefined when there is none and the request may be sent elsewhere: it was a question, or nothing was
 * sent yet. Throws when it breaks off later.
 */
export function forward(
  request: IncomingMessage,
  replica: string,
  tls: AskerTls | undefined,
  readMs = READ_MS,
): Promise<Forwarded | undefined> {
  const [host, port] = splitAddress(replica);
  const { promise, resolve, reject } = Promise.withResolvers<Forwarded | undefined>();
  const options = {
    host,
    port,
    method: request.method,
    path: request.url,
    // The client's own Host: the registry tells it in absolute addresses.
    headers: request.headers,
    agent: false as const,
  };
  const outgoing = tls
    ? secure({ ...options, ...askedWith(tls, 'registry'), servername: '' })
    : plain(options);
  const isQuestion = request.method === 'GET' || request.method === 'HEAD';
  let connected = false;
  let patience = setTimeout(() => outgoing.destroy(new Error('no connection')), CONNECT_MS);
  outgoing.on('socket', (socket) =>
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      connected = true;
      clearTimeout(patience);
      if (!isQuestion) return void request.pipe(outgoing);
      patience = setTimeout(() => outgoing.destroy(new Error('no answer')), readMs);
      return outgoing.end();
    }),
  );
  outgoing.on('response', (incoming) => {
    clearTimeout(patience);
    resolve({ replica, incoming });
  });
  outgoing.on('error', (error) => {
    clearTimeout(patience);
    if (connected && !isQuestion) reject(error);
    else resolve(undefined);
  });
  request.once('aborted', () => outgoing.destroy(new Error('the client went away')));
  return promise;
}

function splitAddress(address: string): [string, number] {
  const colon = address.lastIndexOf(':');
  return [address.slice(0, colon), Number(address.slice(colon + 1))];
}
