// Each request has an id, in its answer and in each line that is logged about it.

import { randomUUID } from 'node:crypto';

/** The one that the router, or the caller's own system, gave it; else a new one. Safe in a header and in a log. */
export function chosenRequestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[A-Za-z0-9._=+/-]{8,128}$/.test(given)
    ? given
    : randomUUID();
}
