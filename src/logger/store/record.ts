// A line as it stands in an app's file: one JSON object, short names, legible to whoever looks.

import type { LogLine } from '../../ports/log-store.ts';

export interface StoredLine {
  /** Microseconds since the epoch. */
  time: number;
  /** Name of the machine; empty for what the platform itself tells. */
  machine: string;
  process: string;
  release: number;
  text: string;
  error: boolean;
  /** Kept, but not for drains: another logger sent it already. */
  old: boolean;
}

interface Written {
  t: number;
  m: string;
  p: string;
  r: number;
  e?: 1;
  o?: 1;
  l: string;
}

/** Ends with a newline. */
export function writeLine(line: StoredLine): string {
  const { time, machine, process, release, text, error, old } = line;
  const written: Written = {
    t: time,
    m: machine,
    p: process,
    r: release,
    ...(error && { e: 1 }),
    ...(old && { o: 1 }),
    l: text,
  };
  return `${JSON.stringify(written)}\n`;
}

/** Undefined for what is no line of ours: somebody wrote into the file. */
export function readLine(json: string): StoredLine | undefined {
  try {
    const { t, m, p, r, e, o, l } = JSON.parse(json) as Written;
    if (typeof l !== 'string' || typeof t !== 'number') return undefined;
    return { time: t, machine: m, process: p, release: r, text: l, error: e === 1, old: o === 1 };
  } catch {
    return undefined;
  }
}

export function logLine(app: string, { time, machine, process, text }: StoredLine): LogLine {
  return { time: String(time), cursor: '', app, process, line: text, machine };
}
