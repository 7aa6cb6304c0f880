// The server side of every door between components: both sides show a certificate of the platform's authority, answers are JSON,
// and a failure is one JSON object with the status that fits its code.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { z } from 'zod';
import { DeisError, type ErrorCode, toDeisError } from '../model/errors.ts';
import type { Log } from '../ports/log.ts';

/** PEM texts, and who tells when they have changed. */
export interface ServerIdentity {
  ca: string;
  cert: string;
  key: string;
  onRenewal?(listener: () => void): void;
}

const MIN_VERSION = 'TLSv1.2';

const STATUS: Partial<Record<ErrorCode, number>> = {
  invalid: 400,
  forbidden: 403,
  'not-found': 404,
  unavailable: 503,
  timeout: 504,
};

/** Does not listen yet; takes new certificates as they come. */
export function mutualTlsServer(
  identity: ServerIdentity,
  log: Log,
  onRequest: RequestListener,
): Server {
  const server = createServer(
    { ...identity, requestCert: true, rejectUnauthorized: true, minVersion: MIN_VERSION },
    onRequest,
  );
  identity.onRenewal?.(() => server.setSecureContext({ ...identity, minVersion: MIN_VERSION }));
  server.on('tlsClientError', ({ message }) => log.debug('client refused', { error: message }));
  return server;
}

/** Common name of the asker's certificate; empty if it has none. */
export function clientName(request: IncomingMessage): string {
  const { subject } = (request.socket as TLSSocket).getPeerCertificate();
  return typeof subject?.CN === 'string' ? subject.CN : '';
}

/** Answers `{"error": {code, message, hint}}`. After the first byte only the connection itself can tell that the answer is not whole. */
export function answerFailure(
  log: Log,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void {
  const problem =
    error instanceof z.ZodError
      ? new DeisError('invalid', z.prettifyError(error))
      : toDeisError(error);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { code, message, hint } = problem;
  if (code === 'internal') log.warn('request failed', { path: request.url ?? '', error: message });
  const body = { error: { code, message: code === 'internal' ? 'internal error' : message, hint } };
  response.writeHead(STATUS[code] ?? 500, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
