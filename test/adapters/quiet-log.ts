// A log for tests that keeps what it is told and prints nothing.

import type { Log, LogFields } from '../../src/ports/log.ts';

export interface KeptLog extends Log {
  readonly lines: { level: string; event: string; fields: LogFields }[];
}

export function keptLog(lines: KeptLog['lines'] = [], own: LogFields = {}): KeptLog {
  const keep =
    (level: string) =>
    (event: string, fields: LogFields = {}): void => {
      lines.push({ level, event, fields: { ...own, ...fields } });
    };
  return {
    lines,
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    with: (fields) => keptLog(lines, { ...own, ...fields }),
  };
}

export const quiet: Log = keptLog();
