// The log on standard output: one line per event. Under systemd a line begins with its priority, for the journal to read.

import type { Writable } from 'node:stream';
import type { Log, LogFields } from '../ports/log.ts';

/** As syslog(3) numbers them. */
const PRIORITIES = { error: 3, warn: 4, info: 6, debug: 7 } as const;

export type LogLevel = keyof typeof PRIORITIES;

export interface JsonLogOptions {
  /** Events below it are left out; `info` by default. */
  level?: LogLevel;
  /** `<6>placed {"unit":…}` instead of one JSON object; by default when systemd reads our output. */
  journal?: boolean;
  out?: Writable;
  /** Wall clock in ms, for lines outside the journal. */
  now?: () => number;
}

/** What may wait to be written, bytes. A reader that has stopped must neither block us nor fill our memory. */
const MOST_WAITING = 1024 * 1024;

/** Never throws and never waits. Lines that find no room are counted, and the next line that does tells how many. */
export function jsonLog(options: JsonLogOptions = {}): Log {
  const {
    level = 'info',
    journal = process.env['JOURNAL_STREAM'] !== undefined,
    out = process.stdout,
    now = Date.now,
  } = options;
  let dropped = 0;

  const line = (at: LogLevel, event: string, fields: LogFields): string => {
    if (!journal) {
      return `${JSON.stringify({ time: new Date(now()).toISOString(), level: at, event, ...fields })}\n`;
    }
    const rest = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : '';
    // A line break in an event would begin a line of its own, without priority.
    return `<${PRIORITIES[at]}>${event.replaceAll('\n', ' ')}${rest}\n`;
  };
  const write = (at: LogLevel, event: string, fields: LogFields): void => {
    if (PRIORITIES[at] > PRIORITIES[level]) return;
    if (out.writableLength > MOST_WAITING) {
      dropped += 1;
      return;
    }
    if (dropped > 0) out.write(line('warn', 'log lines dropped', { count: dropped }));
    dropped = 0;
    out.write(line(at, event, fields));
  };
  // Whoever read our output is gone: there is nobody left to tell.
  out.on('error', () => undefined);
  return logWith(write, {});
}

function logWith(
  write: (level: LogLevel, event: string, fields: LogFields) => void,
  own: LogFields,
): Log {
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void =>
      write(level, event, { ...own, ...fields });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => logWith(write, { ...own, ...fields }),
  };
}
