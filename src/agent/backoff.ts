// How long to leave a unit alone after something went wrong.

const FIRST_MS = 1000;
const LONGEST_MS = 60_000;
/** A unit that stayed up this long has recovered: its next end counts as its first. */
export const RECOVERED_MS = 60_000;

/** Ms to wait after this many failures in a row: 1 s, 2 s, 4 s … 60 s. */
export function backoff(failures: number): number {
  return Math.min(FIRST_MS * 2 ** Math.max(0, failures - 1), LONGEST_MS);
}
