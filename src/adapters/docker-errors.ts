// What the Engine and the way to it can answer, translated once.

import { DeisError, type ErrorCode } from '../model/errors.ts';

const CODES: Record<number, ErrorCode> = {
  400: 'invalid',
  404: 'not-found',
  409: 'conflict',
};

/** An HTTP status is the Engine's own word; no status means that it was not reached. */
export function dockerError(error: unknown, doing: string): DeisError {
  if (error instanceof DeisError) return error;
  const { statusCode, json } = error as { statusCode?: number; json?: { message?: string } };
  const said = json?.message ?? (error instanceof Error ? error.message : String(error));
  const text = said.replace(/^\(HTTP code \d+\) .*? - /, '').trim();
  if (statusCode === undefined || statusCode === 503) return engineAway(text, error);
  const code = CODES[statusCode] ?? 'refused';
  return new DeisError(code, `The Engine could not ${doing}: ${text}`, '', { cause: error });
}

export function engineAway(why: string, cause?: unknown): DeisError {
  return new DeisError(
    'unavailable',
    `The Docker Engine does not answer (${why}).`,
    'Look at `systemctl status docker`.',
    { cause },
  );
}

export function isStatus(error: unknown, status: number): boolean {
  return (error as { statusCode?: number }).statusCode === status;
}
