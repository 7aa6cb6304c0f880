// The log into systemd's journal with structured fields. The event loop only hands over, to a socket that never blocks or to a thread
// that may; when the journal cannot keep up, lines are dropped and it is told how many.

import type { Log, LogFields } from '../ports/log.ts';
import { jsonLog } from './json-log.ts';
import { openJournal } from './journald-direct.ts';
import { type JournalWorker, startJournalWorker } from './journald-worker.ts';

/** As syslog(3) numbers them. */
const PRIORITIES = { error: 3, warn: 4, info: 6, debug: 7 } as const;
type Level = keyof typeof PRIORITIES;

/** Lines that wait while an earlier batch is being written. */
const MOST_WAITING = 1000;

export interface ClosableLog extends Log {
  /** Waits until everything said so far is written, but at most `ms`. */
  close(ms?: number): Promise<void>;
}

/** Under systemd the journal; anywhere else, or where the journal's library is missing, standard output. */
export async function systemLog(identifier: string, level: Level = 'info'): Promise<ClosableLog> {
  const out: ClosableLog = { ...jsonLog({ level }), close: () => Promise.resolve() };
  if (process.env['JOURNAL_STREAM'] === undefined) return out;
  const worker = (await openJournal()) ?? (await startJournalWorker());
  return worker ? journaldLog(worker, identifier, level) : out;
}

/** `journalctl DEISD_UNIT=app_v3.web.1.service` finds what was said of a unit: each field becomes DEISD_<FIELD>. */
export function journaldLog(worker: JournalWorker, identifier: string, level: Level): ClosableLog {
  const queue = new Queue(worker, (count) => [
    PRIORITIES.warn,
    ...entryOf(identifier, 'log lines dropped', { count }),
  ]);
  const say = (at: Level, event: string, fields: LogFields): void => {
    if (PRIORITIES[at] > PRIORITIES[level]) return;
    queue.add([PRIORITIES[at], ...entryOf(identifier, event, fields)]);
  };
  const logWith = (own: LogFields): ClosableLog => {
    const at =
      (name: Level) =>
      (event: string, fields: LogFields = {}): void =>
        say(name, event, { ...own, ...fields });
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      with: (fields) => logWith({ ...own, ...fields }),
      close: (ms = 1000) => queue.close(ms),
    };
  };
  return logWith({});
}

/** Priority, then `NAME=value` texts. */
export type JournalEntry = [priority: number, ...fields: string[]];

class Queue {
  readonly #worker: JournalWorker;
  readonly #complaint: (dropped: number) => JournalEntry;
  #waiting: JournalEntry[] = [];
  #dropped = 0;
  #writing: Promise<void> | undefined;

  constructor(worker: JournalWorker, complaint: (dropped: number) => JournalEntry) {
    this.#worker = worker;
    this.#complaint = complaint;
  }

  add(entry: JournalEntry): void {
    if (this.#waiting.length >= MOST_WAITING) this.#dropped += 1;
    else this.#waiting.push(entry);
    this.#writing ??= this.#drain();
  }

  async close(ms: number): Promise<void> {
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, ms);
    await Promise.race([this.#writing, patience.promise]);
    clearTimeout(timer);
    await this.#worker.close();
  }

  async #drain(): Promise<void> {
    // The lines of one turn of the event loop travel together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      if (this.#dropped > 0) {
        batch.push(this.#complaint(this.#dropped));
        this.#dropped = 0;
      }
      await this.#worker.write(batch);
    }
    this.#writing = undefined;
  }
}

function entryOf(identifier: string, event: string, fields: LogFields): string[] {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const words = given.map(([name, value]) => `${name}=${wordOf(value)}`);
  return [
    `MESSAGE=${[event, ...words].join(' ')}`,
    `SYSLOG_IDENTIFIER=${identifier}`,
    ...given.map(([name, value]) => `DEISD_${fieldName(name)}=${String(value)}`),
  ];
}

/** For the eye: quoted only where it must be. */
function wordOf(value: LogFields[string]): string {
  const text = String(value);
  return /^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}

/** systemd.journal-fields(7): capital letters, digits and underscores. */
function fieldName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, '_').toUpperCase();
}
