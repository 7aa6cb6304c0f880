// Hands a request on to one replica of the registry, as it is.

import { type IncomingMessage, request as httpRequest } from 'node:http';

export interface Forwarded {
  replica: string;
  incoming: IncomingMessage;
}

/** A replica that does not take the connection is passed over after this long, ms. */
const CONNECT_MS = 1000;

/** The replica's answer; undefined when it cannot be reached, and nothing was sent to it then. Throws when it breaks off later. */
export function forward(request: IncomingMessage, replica: string): Promise<Forwarded | undefined> {
  const [host, port] = splitAddress(replica);
  const { promise, resolve, reject } = Promise.withResolvers<Forwarded | undefined>();
  const outgoing = httpRequest({
    host,
    port,
    method: request.method,
    path: request.url,
    // The client's own Host: the registry tells it in absolute addresses.
    headers: request.headers,
    agent: false,
  });
  let connected = false;
  const patience = setTimeout(() => outgoing.destroy(new Error('no connection')), CONNECT_MS);
  outgoing.on('socket', (socket) =>
    socket.once('connect', () => {
      connected = true;
      clearTimeout(patience);
      // A question has no body, and may be asked again elsewhere.
      if (request.method === 'GET' || request.method === 'HEAD') outgoing.end();
      else request.pipe(outgoing);
    }),
  );
  outgoing.on('response', (incoming) => resolve({ replica, incoming }));
  outgoing.on('error', (error) => {
    clearTimeout(patience);
    if (connected) reject(error);
    else resolve(undefined);
  });
  request.once('aborted', () => outgoing.destroy(new Error('the client went away')));
  return promise;
}

function splitAddress(address: string): [string, number] {
  const colon = address.lastIndexOf(':');
  return [address.slice(0, colon), Number(address.slice(colon + 1))];
}
