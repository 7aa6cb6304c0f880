// Lines that the Engine cut at 16 KB, put together again. What is still open goes into the checkpoint.

import type { ShippedLine } from '../../model/shipped.ts';
import type { OpenLine } from './checkpoint.ts';
import type { StoredLine } from './record.ts';

/** Longest line that is kept as one, bytes: what comes after begins a line of its own. */
export const LONGEST_LINE = 1024 * 1024;
/** Bytes of open lines of all machines together; beyond, the oldest ones are given out as they are. */
const MOST_OPEN = 16 * 1024 * 1024;
/** A line that was not ended for so long is given out as it is, ms. */
const PATIENCE_MS = 10_000;

interface Open extends Omit<OpenLine, 'bytes'> {
  pieces: readonly Buffer[];
  size: number;
  /** Monotonic ms of its last piece. */
  since: number;
}

export interface Whole {
  app: string;
  line: StoredLine;
}

export class Assembly {
  #open = new Map<string, Open>();

  static restore(lines: readonly OpenLine[], now: number): Assembly {
    const assembly = new Assembly();
    for (const { bytes, ...rest } of lines) {
      const data = Buffer.from(bytes, 'base64');
      const open = { ...rest, pieces: [data], size: data.length, since: now };
      assembly.#open.set(keyOf(rest.machine, rest, rest.id), open);
    }
    return assembly;
  }

  /** A state to go back to with `restoreTo`. */
  save(): ReadonlyMap<string, Open> {
    return new Map(this.#open);
  }

  restoreTo(saved: ReadonlyMap<string, Open>): void {
    this.#open = new Map(saved);
  }

  toCheckpoint(): OpenLine[] {
    return [...this.#open.values()].map((open) => ({
      ...named(open),
      bytes: Buffer.concat(open.pieces).toString('base64'),
    }));
  }

  /** What is complete with this line: usually it, sometimes nothing, seldom more. */
  add(machine: string, name: string, line: ShippedLine, now: number): Whole[] {
    if (!line.piece) return [whole(line, name, line.text)];
    const { id, last } = line.piece;
    const key = keyOf(machine, line, id);
    const before = this.#open.get(key);
    const data = Buffer.from(line.text, 'base64');
    const open: Open = {
      ...(before ?? opening(machine, name, line, id)),
      pieces: [...(before?.pieces ?? []), data],
      size: (before?.size ?? 0) + data.length,
      since: now,
    };
    this.#open.delete(key);
    if (last || open.size >= LONGEST_LINE) return [close(open)];
    this.#open.set(key, open);
    return this.#tooMuch();
  }

  /** What nobody goes on with. */
  stale(now: number): Whole[] {
    return this.#closeWhile((open) => now - open.since > PATIENCE_MS);
  }

  #tooMuch(): Whole[] {
    let total = 0;
    for (const { size } of this.#open.values()) total += size;
    return this.#closeWhile(({ size }) => {
      const over = total > MOST_OPEN;
      if (over) total -= size;
      return over;
    });
  }

  /** Oldest first. */
  #closeWhile(ends: (open: Open) => boolean): Whole[] {
    const closed: Whole[] = [];
    for (const [key, open] of this.#open) {
      if (!ends(open)) break;
      this.#open.delete(key);
      closed.push(close(open));
    }
    return closed;
  }
}

/** An app may choose what it prints, not this: ids are the Engine's, the rest are labels that the agent gave. */
function keyOf(machine: string, { app, process, release }: Named, id: string): string {
  return JSON.stringify([machine, app, process, release, id]);
}

type Named = Pick<ShippedLine, 'app' | 'process' | 'release'>;

function opening(machine: string, name: string, line: ShippedLine, id: string): Open {
  const { app, process, release, time, error = false, old = false } = line;
  const rest = { machine, name, app, process, release, time, error, old, id };
  return { ...rest, pieces: [], size: 0, since: 0 };
}

function named(open: Open): Omit<OpenLine, 'bytes'> {
  const { machine, name, app, process, release, time, error, old, id } = open;
  return { machine, name, app, process, release, time, error, old, id };
}

function close(open: Open): Whole {
  return whole(open, open.name, Buffer.concat(open.pieces).toString('utf8'));
}

function whole(
  { app, process, release, time, error, old }: Omit<ShippedLine, 'text' | 'piece'>,
  machine: string,
  text: string,
): Whole {
  const line = { time, machine, process, release, text, error: error === true, old: old === true };
  return { app, line };
}
