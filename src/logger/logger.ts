// The logger: takes lines from the machines, keeps them by app, gives them to readers and drains. The journals are its buffer: whatever
// it has not made certain, the machines still have.

import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { LogSinks } from '../ports/log-sink.ts';
import { Loop } from '../daemon/loop.ts';
import { together } from '../daemon/together.ts';
import { keys } from '../registry/keys.ts';
import { Mirror } from '../registry/mirror.ts';
import type { Registry } from '../registry/registry.ts';
import { Drains, PLATFORM_DRAIN, type WantedDrain } from './drains/drains.ts';
import { tellHistory } from './histories.ts';
import { serve, type ServerOptions } from './server.ts';
import { type LogSettings, readLogSettings } from './settings.ts';
import { LineStore } from './store/store.ts';

export interface LoggerOptions extends Pick<ServerOptions, 'tls' | 'host' | 'port'> {
  registry: Registry;
  /** Survives restarts: /var/lib/deis/logger. */
  folder: string;
  sinks: LogSinks;
  clock: Clock;
  log: Log;
  onListening?: (port: number) => void;
}

/** Between two checkpoints at least: as long drains wait for a line, ms. */
const CHECKPOINT_MS = 400;
const CHECKPOINT_AT_MOST_MS = 10_000;
const SWEEP_MS = 30_000;
const FILE_IDLE_MS = 60_000;

/** Runs until the signal aborts; then everything taken is made certain, and what drains have begun is finished. */
export async function runLogger(options: LoggerOptions, signal: AbortSignal): Promise<void> {
  const logger = new Logger(options);
  await logger.run(signal);
}

class Logger {
  readonly #options: LoggerOptions;
  readonly #apps = new Mirror(keys.apps);
  readonly #histories = new Mirror(keys.histories);
  readonly #drainRecords = new Mirror(keys.drains);
  readonly #machines = new Mirror(keys.machines);
  readonly #values = new Mirror(keys.settings, ['logs']);

  constructor(options: LoggerOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { registry, folder, clock, log, sinks, onListening } = this.#options;
    const sent: { by?: Drains } = {};
    const store: LineStore = await LineStore.open({
      folder,
      limits: () => this.#settings(),
      belongs: (app, time) => this.#belongs(app, time),
      // The drains read the store: they come after it.
      sent: () => sent.by?.sent() ?? store.drainsAtStart,
      clock,
      log,
    });
    const drains = new Drains(
      {
        store,
        sinks,
        ca: () => this.#settings().drainCa,
        machines: () => new Set(this.#machines.items().map(({ value }) => value.ip)),
        clock,
        log,
      },
      store.drainsAtStart,
    );
    sent.by = drains;
    const follower = this.#follower(store, drains);
    const watched = [
      this.#apps,
      this.#histories,
      this.#drainRecords,
      this.#machines,
      this.#values,
    ] as const;
    const keeper = this.#keeper(store);
    const stop = store.onAppended(() => keeper.hint());
    log.info('logger began', { apps: store.apps().length });
    try {
      await together(
        [
          ...watched.map(
            (mirror) => (given: AbortSignal) =>
              mirror.start(registry.store, () => follower.hint(), given),
          ),
          (given) => follower.run(given),
          (given) => keeper.run(given),
          (given) =>
            serve(
              { ...this.#options, store, drains: (app) => drains.reports(app) },
              given,
              onListening,
            ),
        ],
        signal,
      );
    } finally {
      stop();
      await drains.close();
      await store.close();
      log.info('logger stopped');
    }
  }

  /** Follows what the store says: which apps there are, what is told of them, where lines are to be sent. */
  #follower(store: LineStore, drains: Drains): Loop {
    const { clock, log } = this.#options;
    const pass = async (): Promise<void> => {
      if (this.#values.revision > 0 && this.#drainRecords.revision > 0) drains.set(this.#wanted());
      if (this.#apps.revision === 0) return;
      for (const { ids, value } of this.#histories.items()) {
        const [app = ''] = ids;
        if (this.#apps.get(app)) await tellHistory(store, app, value);
      }
      // A copy that may be old forgets nobody.
      if (!this.#apps.connected) return;
      for (const app of store.apps()) {
        if (isComponent(app) || this.#apps.get(app)) continue;
        drains.forget(app);
        await store.forget(app);
      }
    };
    return new Loop({ name: 'follower', pass, every: 60_000, atLeast: 100, clock, log });
  }

  /** Makes certain what came, and takes away what is too much. */
  #keeper(store: LineStore): Loop {
    const { clock, log } = this.#options;
    let swept = clock.monotonic();
    const pass = async (): Promise<void> => {
      await store.checkpoint();
      if (clock.monotonic() - swept < SWEEP_MS) return;
      swept = clock.monotonic();
      await store.sweep(FILE_IDLE_MS);
    };
    const spacing = { every: CHECKPOINT_AT_MOST_MS, atLeast: CHECKPOINT_MS };
    return new Loop({ name: 'keeper', pass, ...spacing, clock, log });
  }

  #settings(): LogSettings {
    const values = this.#values.items().map(({ ids, value }) => [ids[1] ?? '', value]);
    return readLogSettings(Object.fromEntries(values) as Record<string, string>);
  }

  #wanted(): WantedDrain[] {
    const { drain } = this.#settings();
    const own = this.#drainRecords
      .items()
      .map(({ value: { id, app, url } }): WantedDrain => ({ id, app, url }));
    return drain === '' ? own : [{ id: PLATFORM_DRAIN, url: drain }, ...own];
  }

  /** Lines of an app that is gone, or that had the same name before, belong to nobody. In doubt they are kept. */
  #belongs(app: string, time: number): boolean {
    if (isComponent(app) || this.#apps.revision === 0) return true;
    const record = this.#apps.get(app);
    if (!record) return !this.#apps.connected;
    return time >= Date.parse(record.value.created) * 1000;
  }
}

const isComponent = (app: string): boolean => app.startsWith('deis-');
