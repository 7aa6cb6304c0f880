// How answers and errors go out: headers on each of them, upper-case reasons, flat JSON (reference §1.1, §1.3).

import type { FastifyReply, FastifyRequest } from 'fastify';
import { VERSION_HEADERS } from '../../model/api-version.ts';
import type { Log } from '../../ports/log.ts';
import type { Answer } from '../call.ts';
import { toWireError } from './errors.ts';
import { reasonPhrase } from './reason-phrase.ts';
import { CORS_HEADERS, REQUEST_ID_HEADER } from './versions.ts';

const ALWAYS = Object.entries({ ...VERSION_HEADERS, ...CORS_HEADERS });

/** Before anything can go wrong: version headers with their literal underscores, on every answer. */
export function dressAnswer(reply: FastifyReply, requestId: string): void {
  for (const [name, value] of ALWAYS) reply.raw.setHeader(name, value);
  reply.raw.setHeader(REQUEST_ID_HEADER, requestId);
}

export function sendAnswer(
  reply: FastifyReply,
  { status, json, text, stream, headers = {} }: Answer,
): void {
  reply.code(status).headers(headers);
  if (json !== undefined) reply.type('application/json').send(JSON.stringify(json));
  else if (text !== undefined) reply.type('text/plain; charset=utf-8').send(text);
  else if (stream) reply.type(stream.type).send(stream.body);
  else reply.send();
}

/** What is internal goes to the log, not to the caller. */
export function sendError(
  log: Log,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { wire, internal } = toWireError(error);
  if (internal) {
    const { cause } = internal;
    log.error('request failed', {
      request: request.id,
      method: request.method,
      path: pathOf(request.url),
      error: internal.message,
      stack: (cause instanceof Error ? cause.stack : undefined) ?? internal.stack ?? '',
    });
  }
  // The framework's own refusals pass no hook.
  reply.raw.statusMessage = reasonPhrase(wire.status);
  return reply
    .code(wire.status)
    .headers(wire.headers)
    .type('application/json')
    .send(JSON.stringify(wire.body));
}

/** Without the query: nothing that a caller sent is logged but the path. */
export function pathOf(url: string): string {
  return url.split('?')[0]!;
}

/** For what is not even HTTP. */
export const RAW_BAD_REQUEST = [
  `HTTP/1.1 400 ${reasonPhrase(400)}`,
  ...Object.entries(VERSION_HEADERS).map(([name, value]) => `${name}: ${value}`),
  'Content-Type: application/json',
  'Connection: close',
  '',
  '{"detail":"Bad request"}',
].join('\r\n');
