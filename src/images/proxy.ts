// Hands a request on to the image store behind this replica.

import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface StoreAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: IncomingMessage;
}

const connections = new http.Agent({ keepAlive: true, maxSockets: 64 });

/** The store's answer to this request. Rejects when the connection fails or the client goes away. */
export function ask(
  request: IncomingMessage,
  store: { host: string; port: number },
  content: Readable | Buffer = request,
): Promise<StoreAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<StoreAnswer>();
  const { method, url: path, headers } = request;
  const asked = http.request({ ...store, method, path, headers, agent: connections }, (body) =>
    resolve({ status: body.statusCode ?? 502, headers: body.headers, body }),
  );
  asked.on('error', reject);
  request.once('close', () => {
    // Before its end: the client went away in the middle.
    if (!request.complete) asked.destroy(new Error('the client went away'));
  });
  if (Buffer.isBuffer(content)) asked.end(content);
  else pipeline(content, asked).catch(reject);
  return promise;
}

export async function hand(
  { status, headers, body }: StoreAnswer,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(status, headers);
  await pipeline(body, response);
}

/** In the words of the registry API (distribution, "Errors"): clients show `message` to people. */
export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  if (response.headersSent) return void response.destroy();
  // What comes of the request's body is not read any more.
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(`${JSON.stringify({ errors: [{ code, message }] })}\n`);
}
