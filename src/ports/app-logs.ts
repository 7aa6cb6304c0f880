// What an app's containers have said on all machines: the read side of `deis logs`.

import type { LogLine, LogQuery } from './log-store.ts';

/** How a drain is doing. */
export interface DrainReport {
  /** Of the platform's own: `_platform`. */
  id: string;
  state: 'idle' | 'sending' | 'failing';
  /** Why it fails. */
  reason?: string | undefined;
  /** Bytes of kept lines that it has not sent. */
  behind: number;
}

export interface AppLogs {
  /**
   * The app's most recent lines over all machines, oldest first, at most `query.lines` of them. A machine that does not
   * answer within 2 s is left out: its lines are missing, nothing is thrown for it. Lines of process `deis-controller` are
   * what the controller told of the app, as far as drains have been told it, too.
   */
  recent(query: LogQuery, signal: AbortSignal): Promise<LogLine[]>;
  /** The most recent lines, then those that come, until the signal aborts. Throws DeisError('unavailable') when it breaks. */
  follow(query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine>;
  /** Undefined: no logger answers. */
  drains(app: string, signal: AbortSignal): Promise<DrainReport[] | undefined>;
}
