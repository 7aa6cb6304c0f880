// What units and containers of one machine have said: read side of the journal.

export interface LogQuery {
  app: string;
  /** Process type (`web`) or one process (`web.1`); absent: all. */
  process?: string;
  /** Only lines of this release's containers; absent: all. */
  release?: number;
  /** Most recent lines, 1 to 10,000. */
  lines: number;
}

export interface LogLine {
  /** Microseconds since the epoch, as text (it does not fit a double for ever). Sorts lines of several machines. */
  time: string;
  /** The journal's cursor. */
  cursor: string;
  app: string;
  /** `web.1` */
  process: string;
  line: string;
  /** Name of the machine, where it is known. */
  machine?: string;
}

export interface JournalQuery {
  unit: string;
  lines: number;
  /** Go on until the signal aborts. */
  follow: boolean;
}

export interface LogStore {
  /** Oldest first. */
  recent(query: LogQuery, signal: AbortSignal): Promise<LogLine[]>;
  /** The unit's journal as a person reads it, in chunks of text, oldest first. */
  journal(query: JournalQuery, signal: AbortSignal): AsyncIterable<string>;
  /** What `systemctl status -l` says. */
  status(unit: string, signal: AbortSignal): Promise<string>;
}
