// Where a machine begins to hand lines to the logger it has found: after what that logger has, or, with a new one, some way back. Pure.

import type { JournalPlace } from '../../model/shipped.ts';

export interface Start {
  /** Where to read from: an entry the logger has, or a time (µs). */
  from: JournalPlace | { since: number };
  /**
   * Lines up to here were kept, and drained, by a logger before: they are kept again so that `deis logs` shows them, but not drained
   * twice. `cursor` is absent when nothing was ever handed over.
   */
  oldUntil?: { time: number; cursor?: string };
}

/** How far back a logger that knows nothing of us is told, µs. */
const BACKFILL = 3600 * 1e6;

/**
 * `theirs`: what the logger has. `ours`: what some logger has for certain, from our disk. `now`: µs.
 */
export function startOf(
  theirs: JournalPlace | null,
  ours: JournalPlace | undefined,
  now: number,
): Start {
  if (!theirs && !ours) return { from: { since: now - BACKFILL }, oldUntil: { time: now } };
  if (!theirs) return { from: { since: ours!.time - BACKFILL }, oldUntil: ours! };
  // It has all that anybody has: the usual case.
  if (!ours || ours.time <= theirs.time) return { from: theirs };
  // It was away while another one did its work.
  if (ours.time - theirs.time <= BACKFILL) return { from: theirs, oldUntil: ours };
  return { from: { since: ours.time - BACKFILL }, oldUntil: ours };
}
