// Every refusal as the original client reads it: flat JSON, strings or lists of strings only (reference §1.3).

import { type DeisError, type ErrorCode, toDeisError } from '../../model/errors.ts';

export type ErrorBody = Record<string, string | string[]>;

/** A refusal with its exact status and body. */
export class WireError extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  readonly headers: Record<string, string>;

  constructor(status: number, body: ErrorBody, headers: Record<string, string> = {}) {
    super(`${status} ${JSON.stringify(body)}`);
    this.name = 'WireError';
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export const detail = (status: number, text: string): WireError =>
  new WireError(status, { detail: text });

export const badField = (field: string, ...messages: string[]): WireError =>
  new WireError(400, { [field]: messages });

export const notFound = (): WireError => detail(404, 'Not found');

export const forbidden = (): WireError =>
  detail(403, 'You do not have permission to perform this action.');

export const unauthenticated = (
  text = 'Authentication credentials were not provided.',
): WireError => new WireError(401, { detail: text }, { 'WWW-Authenticate': 'Token' });

/** Which status each kind of failure has on the wire. */
export const httpStatus: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  unschedulable: 503,
  unavailable: 503,
  timeout: 503,
  refused: 503,
  'build-failed': 400,
  'lease-gone': 503,
  unsupported: 400,
  internal: 500,
};

/** Whatever was thrown, as a WireError; what is internal stays inside (the caller logs it). */
export function toWireError(error: unknown): { wire: WireError; internal?: DeisError } {
  if (error instanceof WireError) return { wire: error };
  const foreign = frameworkRefusal(error);
  if (foreign) return { wire: foreign };
  const problem = toDeisError(error);
  if (problem.code === 'internal') {
    return { wire: detail(500, 'Internal server error'), internal: problem };
  }
  const text = problem.hint === '' ? problem.message : `${problem.message}\n${problem.hint}`;
  return { wire: detail(httpStatus[problem.code], text) };
}

/** Fastify's own refusals (body too large, unknown content type, bad URL) carry a status below 500. */
function frameworkRefusal(error: unknown): WireError | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const status = error.statusCode;
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  return detail(status, error.message);
}
