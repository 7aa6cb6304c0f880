// Tells the cluster what became of each unit: only what changed, many at once, never more often than ten times a second.

import type { UnitState } from '../model/unit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Write } from '../ports/store.ts';
import { Loop } from '../daemon/loop.ts';
import { keys } from '../registry/keys.ts';
import { put, remove } from '../registry/registry.ts';
import type { Fenced } from './fence.ts';
import { sameState } from './report.ts';

const WRITES_AT_ONCE = 90;
const SPACING_MS = 100;

export interface StatesOptions {
  machine: string;
  fenced: Fenced;
  clock: Clock;
  log: Log;
  /** Told of every new state at once, whether or not the store can be told. */
  onState?: (unit: string, state: UnitState | undefined) => void;
}

/** `offer` the present state of units at will; `run(signal)` writes what the store does not have yet. */
export class States {
  readonly #options: StatesOptions;
  readonly #loop: Loop;
  /** What the store holds, as far as we know; undefined until we have looked. */
  #stored: Map<string, UnitState> | undefined;
  readonly #offered = new Map<string, UnitState>();
  /** The same as text: most offers are no news, and comparing must be cheap. */
  readonly #texts = new Map<string, string>();
  readonly #changed = new Set<string>();

  constructor(options: StatesOptions) {
    this.#options = options;
    const { clock, log } = options;
    const pass = (signal: AbortSignal): Promise<void> => this.#flush(signal);
    this.#loop = new Loop({
      name: 'states',
      pass,
      every: 600_000,
      atLeast: SPACING_MS,
      clock,
      log,
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  /** The unit's state now; undefined: nothing is to be said of it any more. */
  offer(unit: string, state: UnitState | undefined): void {
    const text = state && JSON.stringify(state);
    if (this.#texts.get(unit) === text) return;
    if (state && text !== undefined) {
      this.#offered.set(unit, state);
      this.#texts.set(unit, text);
    } else {
      this.#offered.delete(unit);
      this.#texts.delete(unit);
    }
    this.#options.onState?.(unit, state);
    this.#changed.add(unit);
    this.#loop.hint();
  }

  /** Units of which the store says something; empty until we have looked. */
  storedUnits(): string[] {
    return [...(this.#stored?.keys() ?? [])];
  }

  /** A unit that we know nothing of: its state is left from an earlier life. */
  retract(unit: string): void {
    if (this.#offered.has(unit)) return;
    this.#changed.add(unit);
    this.#loop.hint();
  }

  /** What we told of it last, perhaps in an earlier life. */
  told(unit: string): UnitState | undefined {
    return this.#stored?.get(unit);
  }

  /** Look again before writing: the session is new, or something was deleted behind our back. */
  doubt(): void {
    this.#stored = undefined;
    this.#loop.hint();
  }

  /** A session has begun, or the store is back. */
  readonly hint = (): void => this.#loop.hint();

  /** One last round, at most as long as the signal lets it. */
  async settle(signal: AbortSignal): Promise<void> {
    if (this.#options.fenced.open) await this.#flush(signal);
  }

  async #flush(signal: AbortSignal): Promise<void> {
    const { fenced } = this.#options;
    if (!fenced.open) return;
    const stored = (this.#stored ??= await this.#look(signal));
    const units = [...this.#changed];
    for (let at = 0; at < units.length; at += WRITES_AT_ONCE) {
      const batch = units.slice(at, at + WRITES_AT_ONCE);
      await this.#write(batch, stored, signal);
    }
  }

  /** What the store says of our units; everything offered is compared with it anew. */
  async #look(signal: AbortSignal): Promise<Map<string, UnitState>> {
    const { fenced, machine } = this.#options;
    const { items } = await fenced.registry.list(keys.states, [machine], signal);
    const stored = new Map(items.map(({ ids, value }) => [ids[1]!, value]));
    for (const unit of this.#offered.keys()) this.#changed.add(unit);
    return stored;
  }

  async #write(
    units: string[],
    stored: Map<string, UnitState>,
    signal: AbortSignal,
  ): Promise<void> {
    const { fenced, machine } = this.#options;
    const states = units.map((unit) => ({ unit, state: this.#offered.get(unit) }));
    const news = states.filter(({ unit, state }) => !sameState(stored.get(unit), state));
    const writes = news.map(({ unit, state }): Write =>
      state ? put(keys.states, [machine, unit], state) : remove(keys.states, [machine, unit]),
    );
    for (const unit of units) this.#changed.delete(unit);
    try {
      const applied = writes.length === 0 || (await fenced.commit([], writes, signal)).applied;
      if (!applied) return this.doubt();
    } catch (error) {
      for (const unit of units) this.#changed.add(unit);
      throw error;
    }
    for (const { unit, state } of news) {
      if (state) stored.set(unit, state);
      else stored.delete(unit);
    }
  }
}
