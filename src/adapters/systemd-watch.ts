// Tells observers what becomes of our units, from systemd's signals. Asks systemd itself whenever a signal does not say all.

import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { UnitActivity, UnitObserver } from '../ports/unit-manager.ts';
import type { SystemdBus } from './systemd-bus.ts';
import { activitiesOf, unitOfPath } from './systemd-names.ts';
import { type BusSignal, type SystemdSession, MANAGER } from './systemd-session.ts';

/** Units that went or came are asked about together. */
const GATHER_MS = 20;

export interface SystemdWatchOptions {
  bus: SystemdBus;
  /** Names of the units that are ours. */
  names: () => Promise<string[]>;
  isOurs: (name: string) => boolean;
  clock: Clock;
  log: Log;
}

/** One observer; `run` once. */
export class SystemdWatch {
  readonly #options: SystemdWatchOptions;
  readonly #observer: UnitObserver;
  readonly #known = new Map<string, UnitActivity>();
  readonly #doubtful = new Set<string>();
  /**
   * Units that a signal spoke of since systemd was last asked. A signal that came with the answer in one piece is heard before
   * whoever awaits the answer goes on: what the answer says of such a unit may be older, so it is asked about again.
   */
  readonly #touched = new Set<string>();
  #session: SystemdSession | undefined;
  #asking = false;

  constructor(options: SystemdWatchOptions, observer: UnitObserver) {
    this.#options = options;
    this.#observer = observer;
  }

  /** Resolves when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { bus, log } = this.#options;
    const listening = bus.listen((heard) => this.#hear(heard, signal));
    try {
      while (!signal.aborted) {
        const session = await bus.patientSession(
          ({ message }) => log.warn('systemd not reached', { error: message }),
          signal,
        );
        await this.#follow(session, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      listening.stop();
    }
  }

  /** Something became of these units that no signal tells: a new or changed unit file. */
  doubt(names: string[], signal: AbortSignal): void {
    for (const name of names) this.#doubtful.add(name);
    void this.#ask(signal);
  }

  /** From a list of all to the end of this session. */
  async #follow(session: SystemdSession, signal: AbortSignal): Promise<void> {
    try {
      const names = await this.#options.names();
      this.#touched.clear();
      const units = await this.#list(session, names);
      this.#known.clear();
      for (const unit of units) this.#known.set(unit.name, unit);
      this.#session = session;
      this.#observer.snapshot(units.filter((unit) => unit.load !== 'not-found'));
      if (this.#touched.size > 0) this.doubt([...this.#touched], signal);
    } catch (error) {
      this.#options.log.warn('systemd not listed', { error: String(error) });
      session.close();
    }
    const over = new AbortController();
    const abort = (): void => over.abort();
    signal.addEventListener('abort', abort, { once: true });
    await Promise.race([
      session.ended,
      new Promise((resolve) => over.signal.addEventListener('abort', resolve)),
    ]);
    signal.removeEventListener('abort', abort);
    this.#session = undefined;
    if (!signal.aborted) this.#observer.interrupted();
  }

  #hear({ path, interface: from, member, body }: BusSignal, signal: AbortSignal): void {
    const removed = from === MANAGER && member === 'UnitRemoved';
    const name = removed ? (body[0] as string) : unitOfPath(path);
    if (name === undefined || !this.#options.isOurs(name)) return;
    if (!removed && member !== 'PropertiesChanged') return;
    this.#touched.add(name);
    if (!this.#session) return;
    // systemd forgets units that rest, and all of them for a moment while it reloads: look again.
    if (removed) this.doubt([name], signal);
    else this.#changed(name, body, signal);
  }

  #changed(name: string, body: unknown[], signal: AbortSignal): void {
    const properties = body[1] as Record<string, { value: unknown }>;
    const active = textOf(properties['ActiveState']);
    const sub = textOf(properties['SubState']);
    const known = this.#known.get(name);
    if (known && known.load !== 'not-found') {
      this.#tell({ ...known, active: active ?? known.active, sub: sub ?? known.sub });
    } else if (active !== undefined && sub !== undefined) {
      // It says so itself: it has been loaded since we looked.
      this.#tell({ name, load: 'loaded', active, sub });
    } else this.doubt([name], signal);
  }

  #tell(unit: UnitActivity): void {
    const before = this.#known.get(unit.name);
    this.#known.set(unit.name, unit);
    const same =
      before?.load === unit.load && before.active === unit.active && before.sub === unit.sub;
    if (!same) this.#observer.changed(unit);
  }

  async #ask(signal: AbortSignal): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      while (this.#doubtful.size > 0 && this.#session) {
        await this.#options.clock.sleep(GATHER_MS, signal);
        const names = [...this.#doubtful];
        this.#doubtful.clear();
        this.#touched.clear();
        const found = await this.#list(this.#session, names);
        const loaded = new Map(found.map((unit) => [unit.name, unit]));
        for (const name of names) {
          if (this.#touched.has(name)) this.#doubtful.add(name);
          else this.#tell(loaded.get(name) ?? notLoaded(name));
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      // The list at the start of the next session makes good what was not learned now.
      this.#options.log.warn('systemd not asked', { error: String(error) });
      this.#session?.close();
    } finally {
      this.#asking = false;
    }
  }

  /**
   * Those of them that systemd has loaded. By patterns, though they are names: ListUnitsByNames would load each unit that
   * rests, and systemd's forgetting it again is a signal to ask again, without end.
   */
  async #list(session: SystemdSession, names: string[]): Promise<UnitActivity[]> {
    const patterns = names
      .filter((name) => !name.includes('@.'))
      .map((name) => name.replaceAll('\\', '\\\\'));
    if (patterns.length === 0) return [];
    return activitiesOf(
      await session.call({
        member: 'ListUnitsByPatterns',
        signature: 'asas',
        body: [[], patterns],
      }),
    );
  }
}

function notLoaded(name: string): UnitActivity {
  return { name, load: 'not-found', active: 'inactive', sub: 'dead' };
}

function textOf(variant: { value: unknown } | undefined): string | undefined {
  return typeof variant?.value === 'string' ? variant.value : undefined;
}
