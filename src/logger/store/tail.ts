// The most recent lines of an app, and those that come: what `deis logs` asks for.

import type { LogQuery } from '../../ports/log-store.ts';
import { readLine, type StoredLine } from './record.ts';
import type { Segments } from './segments.ts';

/** How much is read at a time, bytes. */
const CHUNK = 256 * 1024;
/** No more than this in one answer, bytes: the oldest lines are left out. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Machines hand in their lines at different speeds: so many more lines are looked at to put the last ones in order of time. */
const MOST_SLACK = 5000;

export type Wanted = Pick<LogQuery, 'process' | 'release'>;

export function accepts({ process, release }: Wanted): (line: StoredLine) => boolean {
  return (line) =>
    (process === undefined || line.process === process || line.process.startsWith(`${process}.`)) &&
    (release === undefined || line.release === release);
}

/** Oldest first, at most `count`; `end` is where to go on from. */
export async function tail(
  file: Segments,
  count: number,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<{ lines: StoredLine[]; end: number }> {
  const end = file.end;
  const enough = count + Math.min(count, MOST_SLACK);
  const fits = accepts(wanted);
  const found: StoredLine[] = [];
  let bytes = 0;
  for await (const json of backwards(file, end)) {
    signal.throwIfAborted();
    const line = readLine(json);
    if (!line || !fits(line)) continue;
    bytes += json.length;
    if (bytes > MOST_BYTES && found.length > 0) break;
    found.push(line);
    if (found.length >= enough) break;
  }
  return { lines: inOrder(found.toReversed()).slice(-count), end };
}

/** Lines from the last one to the first. */
async function* backwards(file: Segments, end: number): AsyncGenerator<string> {
  /** What stands before the lines given out so far: its first line may have begun earlier. */
  let rest = Buffer.alloc(0);
  let at = end;
  while (at > file.start) {
    const from = Math.max(file.start, at - CHUNK);
    rest = Buffer.concat([await readAll(file, from, at), rest]);
    at = from;
    const whole = at <= file.start ? 0 : rest.indexOf(10) + 1;
    if (whole === 0 && at > file.start) continue;
    const lines = rest.subarray(whole).toString('utf8').split('\n');
    rest = rest.subarray(0, whole);
    for (const line of lines.toReversed()) if (line !== '') yield line;
  }
}

async function readAll(file: Segments, from: number, to: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let at = from; at < to;) {
    const piece = await file.read(at, to - at, to);
    if (piece.data.length === 0) break;
    pieces.push(piece.data);
    at = piece.at + piece.data.length;
  }
  return Buffer.concat(pieces);
}

/**
 * By time, but each machine's lines stay as they came: its clock may have been set back between two of them.
 */
export function inOrder(lines: readonly StoredLine[]): StoredLine[] {
  const latest = new Map<string, number>();
  const timed = lines.map((line) => {
    const time = Math.max(line.time, latest.get(line.machine) ?? 0);
    latest.set(line.machine, time);
    return { line, time };
  });
  return timed.toSorted((a, b) => a.time - b.time).map(({ line }) => line);
}
