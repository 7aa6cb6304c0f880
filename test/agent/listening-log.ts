// A log that keeps what was said, for tests that ask whether it was.

import type { Log, LogFields } from '../../src/ports/log.ts';

export interface ListeningLog extends Log {
  readonly said: { level: string; event: string; fields: LogFields }[];
  has(event: string): boolean;
}

export function listeningLog(): ListeningLog {
  const said: ListeningLog['said'] = [];
  const keep =
    (level: string) =>
    (event: string, fields: LogFields = {}): void => {
      if (process.env['LOUD']) console.error(level, event, JSON.stringify(fields));
      said.push({ level, event, fields });
    };
  const log: ListeningLog = {
    said,
    has: (event) => said.some((line) => line.event === event),
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    with: () => log,
  };
  return log;
}
