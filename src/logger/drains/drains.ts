// All drains: one for each record in the store, and the platform's own from the settings. Changes start and stop only the drain they concern.

import { type DrainTarget, parseDrainUrl } from '../../model/drain.ts';
import type { DrainReport } from '../../ports/app-logs.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { LogSinks } from '../../ports/log-sink.ts';
import { supervise } from '../../daemon/supervise.ts';
import type { Checkpoint } from '../store/checkpoint.ts';
import type { LineStore } from '../store/store.ts';
import { forbiddenAddress } from './addresses.ts';
import { Drain } from './drain.ts';

export interface WantedDrain {
  id: string;
  url: string;
  /** Absent: of all apps and components. */
  app?: string;
}

export interface DrainsOptions {
  store: LineStore;
  sinks: LogSinks;
  /** PEM texts. */
  ca: () => string;
  /** Addresses of the machines: no app's drain may lead there. */
  machines: () => ReadonlySet<string>;
  clock: Clock;
  log: Log;
}

/** Id of the platform's own drain. */
export const PLATFORM_DRAIN = '_platform';

interface Running {
  wanted: WantedDrain;
  drain: Drain;
  stop: AbortController;
  ended: Promise<void>;
}

/** `set` the wanted ones whenever they may have changed; `close` at the end. */
export class Drains {
  readonly #options: DrainsOptions;
  readonly #running = new Map<string, Running>();
  /** Of drains that are not running (yet): from the checkpoint. */
  readonly #asleep: Map<string, Record<string, number>>;
  readonly #ending = new Set<Promise<void>>();

  constructor(options: DrainsOptions, asleep: Checkpoint['drains']) {
    this.#options = options;
    this.#asleep = new Map(Object.entries(asleep));
  }

  /** How far each was sent, for the checkpoint. */
  sent(): Checkpoint['drains'] {
    const running = [...this.#running].map(
      ([key, { drain }]) => [key, drain.position.toRecord()] as const,
    );
    return { ...Object.fromEntries(this.#asleep), ...Object.fromEntries(running) };
  }

  reports(app: string | undefined): DrainReport[] {
    return [...this.#running.values()]
      .filter(({ wanted }) => wanted.app === app)
      .map(({ drain }) => drain.report());
  }

  /** Starts what is new, ends what is gone; a drain whose URL changed is another one. A new one gets what comes from now on. */
  set(wanted: readonly WantedDrain[]): void {
    const keys = new Set(wanted.map(keyOf));
    for (const [key, running] of this.#running) if (!keys.has(key)) this.#stop(key, running);
    for (const key of this.#asleep.keys()) if (!keys.has(key)) this.#asleep.delete(key);
    for (const drain of wanted) if (!this.#running.has(keyOf(drain))) this.#start(drain);
  }

  /** An app is gone, and its text: one of the same name begins anew. */
  forget(app: string): void {
    for (const { drain } of this.#running.values()) drain.position.forget(app);
    for (const offsets of this.#asleep.values()) delete offsets[app];
  }

  /** What is on its way is finished. */
  async close(): Promise<void> {
    for (const { stop } of this.#running.values()) stop.abort(new Error('the logger stops'));
    const ends = [...this.#running.values()].map(({ ended }) => ended);
    await Promise.all([...ends, ...this.#ending]);
  }

  #start(wanted: WantedDrain): void {
    const { store, sinks, ca, machines, clock, log } = this.#options;
    const parsed = parseDrainUrl(wanted.url);
    if ('problem' in parsed) {
      log.warn('drain ignored', { drain: wanted.id, reason: parsed.problem });
      return;
    }
    const target: DrainTarget = parsed.target;
    const key = keyOf(wanted);
    const known = this.#asleep.get(key);
    this.#asleep.delete(key);
    const drain = new Drain({
      id: wanted.id,
      target,
      ca,
      refuse:
        wanted.app === undefined
          ? () => undefined
          : (address) => forbiddenAddress(address, machines()),
      ...(wanted.app !== undefined && { app: wanted.app }),
      offsets: known ?? this.#ends(wanted.app),
      store,
      sinks,
      clock,
      log,
    });
    const stop = new AbortController();
    const ended = supervise(
      `drain ${wanted.id}`,
      (signal) => drain.run(signal),
      { clock, log },
      stop.signal,
    );
    this.#running.set(key, { wanted, drain, stop, ended });
    if (!known) log.info('drain began', { drain: wanted.id, url: wanted.url });
  }

  #stop(key: string, { wanted, stop, ended }: Running): void {
    this.#running.delete(key);
    stop.abort(new Error('the drain was removed'));
    this.#ending.add(ended);
    void ended.finally(() => this.#ending.delete(ended));
    this.#options.log.info('drain removed', { drain: wanted.id });
  }

  #ends(app: string | undefined): Record<string, number> {
    const { store } = this.#options;
    const apps = app === undefined ? store.apps() : [app];
    return Object.fromEntries(apps.map((name) => [name, store.app(name)?.end ?? 0]));
  }
}

const keyOf = ({ id, app = '', url }: WantedDrain): string => `${app}/${id} ${url}`;
