// Local copies of what the API shows, kept only while somebody asks: fleetctl polls four times a second and unit, and a machine that nobody
// asks must not pay for that.

import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { DeisError, toDeisError } from '../model/errors.ts';
import type { UnitState, WantedUnit } from '../model/unit.ts';
import { keys } from '../registry/keys.ts';
import { Mirror } from '../registry/mirror.ts';
import type { Held, Registry } from '../registry/registry.ts';
import type { Presence } from './current-state.ts';

/** Nobody asked for so long: the copies are dropped. */
const IDLE_MS = 60_000;
const LOOK_MS = 5000;
/** The first copies take so long at most; fleetctl itself gives up after 3 s. */
const OPENING_MS = 2500;
/** A break of the watches as short as this, a change of etcd's leader say, is nobody's concern. */
const SHORT_BREAK_MS = 3000;
/** Our own writes are back within this time, or are not waited for. */
const ECHO_MS = 1000;

export interface SightOptions {
  registry: Registry;
  clock: Clock;
  log: Log;
}

/** The copies of one stretch of being asked. */
export class Copies {
  readonly units = new Mirror(keys.foreignUnits);
  readonly placements = new Mirror(keys.placements);
  readonly states = new Mirror(keys.states);
  readonly machines = new Mirror(keys.machines);
  readonly lost = new Mirror(keys.lost);
  readonly metadata = new Mirror(keys.machineMetadata);

  all(): Mirror<unknown>[] {
    return [
      this.units,
      this.placements,
      this.states,
      this.machines,
      this.lost,
      this.metadata,
    ] as Mirror<unknown>[];
  }

  /** By name; those that are to be gone are not there any more. */
  known(): Held<WantedUnit>[] {
    return this.units
      .items()
      .filter(({ ids, value }) => value.desired !== 'gone' && ids[0] === value.name)
      .toSorted((a, b) => (a.value.name < b.value.name ? -1 : 1));
  }

  unit(name: string): Held<WantedUnit> | undefined {
    const unit = this.units.get(name);
    return unit?.value.desired === 'gone' ? undefined : unit;
  }

  /** By machine, only where there is something to say. */
  presencesOf(unit: string): Presence[] {
    return this.machines.items().flatMap(({ value: { id } }) => {
      const placement = this.placements.get(id, unit)?.value;
      const state = this.states.get(id, unit)?.value;
      if (!placement && !state) return [];
      const lost = this.lost.get(id) !== undefined;
      return [{ machine: id, lost, ...(placement && { placement }), ...(state && { state }) }];
    });
  }

  /** What is reported of the units handed in here, in order of names and machines. */
  reports(): { unit: string; machine: string; state: UnitState }[] {
    return this.states
      .items()
      .map(({ ids, value }) => ({ machine: ids[0]!, unit: ids[1]!, state: value }))
      .filter(({ unit, state }) => this.units.get(unit) !== undefined && isShown(state))
      .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  }
}

/** By name, then by machine. */
function placeOf({ unit, machine }: { unit: string; machine: string }): string {
  return `${unit}\n${machine}`;
}

/** fleet tells of a unit once its file is on the machine; here also when it cannot be, so that somebody learns of it. */
export function isShown({ phase, message }: UnitState): boolean {
  return phase !== 'gone' && (phase !== 'pending' || message !== undefined);
}

export class Sight {
  readonly #options: SightOptions;
  readonly #hints = new Set<() => void>();
  #copies: Copies | undefined;
  #closing = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #asked = 0;
  #brokenSince: number | undefined;
  #stopped = false;

  constructor(options: SightOptions) {
    this.#options = options;
  }

  /** Drops the copies when nobody asks any more; until the signal aborts. `busy`: there is work left that needs them. */
  async run(busy: () => boolean, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    try {
      for (;;) {
        await clock.sleep(LOOK_MS, signal);
        if (busy() || clock.monotonic() - this.#asked < IDLE_MS) continue;
        await this.#close();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#stopped = true;
      await this.#close();
    }
  }

  /** Told of every change while the copies are there. */
  listen(hint: () => void): void {
    this.#hints.add(hint);
  }

  /** The copies, without asking for them. */
  get present(): Copies | undefined {
    return this.#copies;
  }

  /** Throws DeisError('unavailable') while the store cannot be seen. */
  async look(signal: AbortSignal): Promise<Copies> {
    const { clock } = this.#options;
    if (this.#stopped) throw unavailable();
    this.#asked = clock.monotonic();
    const copies = (this.#copies ??= this.#open());
    const ready = Promise.all(copies.all().map((copy) => copy.ready())).then(() => true);
    if (!(await this.#within(OPENING_MS, ready, signal))) throw unavailable();
    const broken = this.#brokenSince;
    if (broken !== undefined && clock.monotonic() - broken > SHORT_BREAK_MS) throw unavailable();
    return copies;
  }

  /** Until the copy shows our own write. */
  async showing(
    family: 'units' | 'metadata',
    revision: number,
    signal: AbortSignal,
  ): Promise<void> {
    const copy = (await this.look(signal))[family];
    const seen = (): boolean => copy.revision >= revision;
    if (seen()) return;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const check = (): void => {
      if (seen()) resolve(true);
    };
    this.#hints.add(check);
    await this.#within(ECHO_MS, promise, signal).finally(() => this.#hints.delete(check));
  }

  #open(): Copies {
    const { registry, log } = this.#options;
    const copies = new Copies();
    const closing = (this.#closing = new AbortController());
    this.#brokenSince = undefined;
    const hinted = (): void => this.#hinted(copies);
    const watches = copies.all().map((copy) => copy.start(registry.store, hinted, closing.signal));
    this.#ended = Promise.all(watches).then(
      () => undefined,
      (error: unknown) => log.error('copies ended', { error: toDeisError(error).message }),
    );
    return copies;
  }

  async #close(): Promise<void> {
    this.#copies = undefined;
    this.#closing.abort();
    await this.#ended;
  }

  #hinted(copies: Copies): void {
    const whole = copies.all().every(({ connected }) => connected);
    if (whole) this.#brokenSince = undefined;
    else if (copies.all().some(({ breaks }) => breaks > 0)) {
      this.#brokenSince ??= this.#options.clock.monotonic();
    }
    for (const hint of this.#hints) hint();
  }

  /** Undefined when it takes longer. */
  async #within<T>(ms: number, work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    const done = new AbortController();
    const late = this.#options.clock
      .sleep(ms, AbortSignal.any([signal, done.signal]))
      .then(() => undefined);
    try {
      return await Promise.race([work, late]);
    } finally {
      done.abort();
      await late.catch(() => undefined);
    }
  }
}

function unavailable(): DeisError {
  return new DeisError('unavailable', 'The store does not answer.');
}
