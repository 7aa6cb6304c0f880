// Routing: what a router reads (endpoints, hosts) and what it confirms.

/** A router's life; leased. `since` is the store revision it registered at. */
export interface RouterAlive {
  machine: string;
  unit: string;
  ip: string;
  session: string;
}

/**
 * What a router has really done. Written by that router only, at most 5 times a second.
 * `endpoints` and `files` are store revisions: everything at or below is in effect in every worker that can still choose.
 */
export interface Applied {
  endpoints: number;
  files: number;
  /** Apps left out of the files, with the reason. */
  refused: Record<string, string>;
  /** Requests still running to withdrawn upstreams, per `host:port`. Upstreams not listed have none. */
  busy: Record<string, number>;
}

/** May this router still send, or be sending, to the upstream `address` withdrawn at store revision `withdrawn`? */
export function isDrainedAt(
  applied: Applied | undefined,
  address: string,
  withdrawn: number,
): boolean {
  if (!applied) return false;
  return applied.endpoints >= withdrawn && (applied.busy[address] ?? 0) === 0;
}
