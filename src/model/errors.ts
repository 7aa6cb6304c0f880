// The one error a person ever sees: a code for machines, what happened, and what to do next.

/** Machine-readable kinds of failure. To add one: add it here; `httpStatus` in the controller must then name its status. */
export type ErrorCode =
  | 'invalid' // the request itself is wrong
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict' // true now, may be different later: somebody else changed it, or it exists
  | 'unschedulable' // no machine may run this
  | 'unavailable' // a part we need does not answer (etcd, Engine, a machine)
  | 'timeout'
  | 'refused' // a lower part said no: nginx -t, systemd, Engine
  | 'build-failed' // what was pushed cannot be built: the message ends with the last lines of the failed step
  | 'lease-gone' // our session in the store is over
  | 'unsupported' // this host lacks what is needed
  | 'internal';

/** `message` says what happened, `hint` what to do next (a full sentence, or empty). `cause` goes to the log only. */
export class DeisError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint = '', options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'DeisError';
    this.code = code;
    this.hint = hint;
  }
}

export function isDeisError(error: unknown, ...codes: ErrorCode[]): error is DeisError {
  return error instanceof DeisError && (codes.length === 0 || codes.includes(error.code));
}

/** Whatever was caught, as a DeisError; an unknown error becomes `internal` and keeps its cause for the log. */
export function toDeisError(error: unknown): DeisError {
  if (error instanceof DeisError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new DeisError('internal', text, '', { cause: error });
}
