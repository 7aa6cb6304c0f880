// What an app's containers have said on all machines: the read side of `deis logs`.

import type { LogLine, LogQuery } from './log-store.ts';

export interface AppLogs {
  /**
   * The app's most recent lines over all machines, oldest first, at most `query.lines` of them. A machine that does not
   * answer within 2 s is left out: its lines are missing, nothing is thrown for it.
   */
  recent(query: LogQuery, signal: AbortSignal): Promise<LogLine[]>;
}
