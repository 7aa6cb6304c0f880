// Whole lines of an app's text, from an offset on, a bounded number at a time.

import type { Segments } from './segments.ts';

/** Bytes read at a time; grows when one line is longer. */
const CHUNK = 128 * 1024;
/** The longest line as JSON: 1 MB of control characters, six bytes each. */
const LONGEST = 8 * 1024 * 1024;

export interface ReadLines {
  /** Offset behind each line. */
  lines: { json: string; end: number }[];
  /** Offset of the first line: later than asked for if what was asked is gone. */
  start: number;
  /** Offset to go on from. */
  end: number;
}

/** At least one line, unless there is none before `end`, which must be the end of a line. */
export async function readLines(
  file: Segments,
  from: number,
  end: number,
): Promise<ReadLines | undefined> {
  for (let most = CHUNK; ; most = Math.min(most * 4, LONGEST)) {
    const { at, data } = await file.read(from, most, end);
    if (data.length === 0) return undefined;
    const last = data.lastIndexOf(10);
    if (last === -1 && most < LONGEST && at + data.length < end) continue;
    // A whole line of this length is not ours: it is stepped over.
    const whole = last === -1 ? data : data.subarray(0, last + 1);
    return { lines: split(whole, at), start: at, end: at + whole.length };
  }
}

function split(data: Buffer, start: number): { json: string; end: number }[] {
  const lines: { json: string; end: number }[] = [];
  for (let from = 0; from < data.length;) {
    const found = data.indexOf(10, from);
    const to = found === -1 ? data.length : found;
    lines.push({ json: data.toString('utf8', from, to), end: start + to + 1 });
    from = to + 1;
  }
  return lines;
}
