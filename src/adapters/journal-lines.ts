// App lines out of the journal's JSON, newest first. Docker cuts long lines into entries of 16 KB; they are put together again.

import type { LogLine } from '../ports/log-store.ts';

/** Fields to ask journalctl for. */
export const LINE_FIELDS = [
  'MESSAGE',
  'DEIS_APP',
  'DEIS_PROCESS',
  'CONTAINER_PARTIAL_ID',
  'CONTAINER_PARTIAL_ORDINAL',
];

interface Entry {
  __REALTIME_TIMESTAMP: string;
  __CURSOR: string;
  /** Text, or bytes when it is not printable UTF-8. */
  MESSAGE?: string | number[] | null;
  DEIS_APP?: string;
  DEIS_PROCESS?: string;
  CONTAINER_PARTIAL_ID?: string;
  CONTAINER_PARTIAL_ORDINAL?: string;
}

interface Draft extends Omit<LogLine, 'line'> {
  /** Newest first: a character may be cut in two. */
  pieces: Buffer[];
}

/** No more than this of one app in one answer, bytes: the oldest lines are left out. */
const MOST_BYTES = 8 * 1024 * 1024;

/** Give it the journal backwards with `add` until it is `full`; then take `lines`. */
export class JournalLines {
  readonly #wanted: number;
  readonly #accepts: (process: string) => boolean;
  readonly #drafts: Draft[] = [];
  /** Cut lines whose beginning has not come yet, by Docker's id. */
  readonly #open = new Map<string, Draft>();
  #bytes = 0;

  constructor(wanted: number, accepts: (process: string) => boolean) {
    this.#wanted = wanted;
    this.#accepts = accepts;
  }

  /** Whatever comes further back in time is not needed. */
  get full(): boolean {
    if (this.#bytes > MOST_BYTES) return true;
    const spare = this.#drafts.length - this.#wanted;
    // The beginning of a cut line may have been lost: then it is not waited for long.
    return spare >= 0 && (this.#open.size === 0 || spare > this.#wanted + 1000);
  }

  /** One line of `journalctl -o json --reverse`. */
  add(json: string): void {
    const entry = JSON.parse(json) as Entry;
    const process = entry.DEIS_PROCESS ?? '';
    if (!this.#accepts(process)) return;
    const piece = bytesOf(entry.MESSAGE);
    this.#bytes += piece.length;
    this.#draftFor(entry, process).pieces.push(piece);
  }

  /** Oldest first. */
  lines(): LogLine[] {
    return this.#drafts
      .slice(0, this.#wanted)
      .toReversed()
      .map(({ pieces, ...rest }) => ({
        ...rest,
        line: Buffer.concat(pieces.toReversed()).toString('utf8'),
      }));
  }

  #draftFor(entry: Entry, process: string): Draft {
    const { CONTAINER_PARTIAL_ID: id, CONTAINER_PARTIAL_ORDINAL: ordinal } = entry;
    const open = id === undefined ? undefined : this.#open.get(id);
    const draft = open ?? {
      time: entry.__REALTIME_TIMESTAMP,
      cursor: entry.__CURSOR,
      app: entry.DEIS_APP ?? '',
      process,
      pieces: [],
    };
    if (!open) this.#drafts.push(draft);
    if (id !== undefined && ordinal !== '1') this.#open.set(id, draft);
    else if (id !== undefined) this.#open.delete(id);
    return draft;
  }
}

function bytesOf(message: Entry['MESSAGE']): Buffer {
  if (typeof message === 'string') return Buffer.from(message, 'utf8');
  return Array.isArray(message) ? Buffer.from(message) : Buffer.alloc(0);
}

/** `web` accepts `web.1`, `web.2`, …; `web.1` only itself; nothing accepts all. */
export function processFilter(process: string | undefined): (name: string) => boolean {
  if (process === undefined) return () => true;
  return (name) => name === process || name.startsWith(`${process}.`);
}
