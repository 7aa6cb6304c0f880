// One drain: reads what is kept, sends it, remembers how far. It has its own loop and its own connection, holds one chunk in memory,
// and whatever happens to it happens to no other drain.

import { toDeisError } from '../../model/errors.ts';
import type { DrainTarget } from '../../model/drain.ts';
import type { DrainReport } from '../../ports/app-logs.ts';
import { type Clock, rest } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { LogSink, LogSinks } from '../../ports/log-sink.ts';
import { readLine } from '../store/record.ts';
import { readLines } from '../store/read-lines.ts';
import type { LineStore } from '../store/store.ts';
import { Position } from './position.ts';
import { syslogMessage, syslogNotice } from './syslog.ts';

export interface DrainOptions {
  id: string;
  target: DrainTarget;
  /** PEM texts. */
  ca: () => string;
  refuse: (address: string) => string | undefined;
  /** Absent: all apps and components. */
  app?: string;
  /** How far it was sent, by app. */
  offsets: Readonly<Record<string, number>>;
  store: LineStore;
  sinks: LogSinks;
  clock: Clock;
  log: Log;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A connection nobody needed for so long is given up, ms. */
const IDLE_MS = 10 * 60_000;
/** What is on its way when the logger stops may take so long, ms. */
const LAST_SEND_MS = 3000;

export class Drain {
  readonly position: Position;
  readonly #options: DrainOptions;
  #news = Promise.withResolvers<void>();
  #state: DrainReport['state'] = 'idle';
  #reason: string | undefined;
  #failures = 0;
  /** Which app is next. */
  #turn = 0;

  constructor(options: DrainOptions) {
    this.#options = options;
    this.position = new Position(options.offsets);
  }

  report(): DrainReport {
    const { id, store } = this.#options;
    let behind = 0;
    for (const app of this.#apps()) {
      behind += Math.max(0, store.keptEnd(app) - this.position.get(app));
    }
    return { id, state: this.#state, reason: this.#reason, behind };
  }

  /** Runs until the signal aborts; what is on its way then is finished within the sink's own patience. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#options;
    const stop = store.onKept((app) => {
      if (this.#concerns(app)) this.#news.resolve();
    });
    const wake = (): void => this.#news.resolve();
    signal.addEventListener('abort', wake, { once: true });
    try {
      while (!signal.aborted) {
        if (this.#pending() === undefined) {
          this.#state = this.#failures > 0 ? 'failing' : 'idle';
          await this.#news.promise;
          this.#news = Promise.withResolvers();
          continue;
        }
        await this.#connected(signal);
        if (this.#failures > 0 && !signal.aborted) {
          const pause = Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS);
          await rest(clock, pause, signal);
        }
      }
    } finally {
      stop();
      signal.removeEventListener('abort', wake);
    }
  }

  /** The life of one connection. */
  async #connected(signal: AbortSignal): Promise<void> {
    const { sinks, target, ca, refuse, clock } = this.#options;
    let sink: LogSink | undefined;
    const last = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const stopping = (): void => {
      timer = setTimeout(() => last.abort(signal.reason), LAST_SEND_MS);
    };
    signal.addEventListener('abort', stopping, { once: true });
    try {
      sink = await sinks.open({ target, ca: ca(), refuse }, signal);
      await this.#pump(sink, signal, last.signal);
      await sink.close();
      this.position.settled();
    } catch (error) {
      await sink?.close();
      this.position.broken(clock.monotonic());
      if (!signal.aborted) this.#failed(error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stopping);
    }
  }

  /** Sends until told to stop, or nothing came for long. Throws when the connection breaks. */
  async #pump(sink: LogSink, signal: AbortSignal, last: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      sink.broken.throwIfAborted();
      const app = this.#pending();
      if (app !== undefined) {
        await this.#sendChunk(sink, app, last);
        continue;
      }
      this.#state = 'idle';
      const nap = new AbortController();
      const idle = clock.sleep(IDLE_MS, AbortSignal.any([signal, sink.broken, nap.signal])).then(
        () => 'idle',
        () => 'woken',
      );
      const why = await Promise.race([idle, this.#news.promise]);
      nap.abort();
      this.#news = Promise.withResolvers();
      if (why === 'idle' && this.#pending() === undefined) return;
    }
  }

  async #sendChunk(sink: LogSink, app: string, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#options;
    const file = store.app(app);
    const from = this.position.get(app);
    const end = store.keptEnd(app);
    const read = file && (await readLines(file, from, end));
    if (!read) {
      this.position.sent(app, end, clock.monotonic());
      return;
    }
    const messages = read.lines
      .map(({ json }) => readLine(json))
      .filter((line) => line !== undefined && !line.old)
      .map((line) => syslogMessage(app, line!));
    if (read.start > from) {
      const text = `${read.start - from} bytes of lines were left out: this drain was away for longer than lines are kept`;
      messages.unshift(syslogNotice(app, clock.now() * 1000, text));
    }
    if (messages.length > 0) await sink.send(messages, signal);
    this.position.sent(app, read.end, clock.monotonic());
    this.#state = 'sending';
    this.#recovered();
  }

  /** An app that has something to send; each in its turn. */
  #pending(): string | undefined {
    const { store } = this.#options;
    const apps = this.#apps();
    for (let index = 0; index < apps.length; index += 1) {
      const app = apps[(index + this.#turn) % apps.length]!;
      if (store.keptEnd(app) <= this.position.get(app)) continue;
      this.#turn = (index + this.#turn + 1) % apps.length;
      return app;
    }
    return undefined;
  }

  #apps(): string[] {
    const { store, app } = this.#options;
    return app === undefined ? store.apps() : [app];
  }

  #concerns(app: string): boolean {
    return this.#options.app === undefined || this.#options.app === app;
  }

  #failed(error: unknown): void {
    const { message } = toDeisError(error);
    if (this.#reason !== message) {
      this.#options.log.warn('drain failed', { drain: this.#options.id, error: message });
    }
    this.#reason = message;
    this.#state = 'failing';
    this.#failures += 1;
  }

  #recovered(): void {
    if (this.#failures > 0)
      this.#options.log.info('drain works again', { drain: this.#options.id });
    this.#failures = 0;
    this.#reason = undefined;
  }
}
