// A live copy of what the store says about units, for commands that wait until something is so.

import type { Placement } from '../../model/cluster.ts';
import { DeisError } from '../../model/errors.ts';
import type { UnitState } from '../../model/unit.ts';
import { keys } from '../../registry/keys.ts';
import { Mirror } from '../../registry/mirror.ts';
import type { Store } from '../../ports/store.ts';
import type { UnitFacts } from './goal.ts';

const FIRST_ANSWER_MS = 10_000;

/** Call `start` once; it resolves when the first complete copy is there. */
export class Facts {
  readonly #placements = new Mirror(keys.placements);
  readonly #states = new Mirror(keys.states);
  readonly #unschedulable = new Mirror(keys.unschedulable);
  readonly #machines = new Mirror(keys.machines);
  #changed = Promise.withResolvers<void>();
  /** Built anew after a change, when somebody asks: there may be thousands of units and many changes a second. */
  #index:
    | { placements: PerUnit<Placement>; states: PerUnit<UnitState>; names: Map<string, string> }
    | undefined;

  /** Throws DeisError('unavailable') when the store does not answer in time. */
  async start(store: Store, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const mirrors = [this.#placements, this.#states, this.#unschedulable, this.#machines];
    for (const mirror of mirrors) void mirror.start(store, () => this.#hint(), signal);
    const late = AbortSignal.any([signal, AbortSignal.timeout(FIRST_ANSWER_MS)]);
    const tooLate = Promise.withResolvers<never>();
    late.addEventListener('abort', () => tooLate.reject(late.reason), { once: true });
    try {
      await Promise.race([Promise.all(mirrors.map((mirror) => mirror.ready())), tooLate.promise]);
    } catch (cause) {
      signal.throwIfAborted();
      throw new DeisError(
        'unavailable',
        'the store (etcd) does not answer',
        'See which members are up: deisctl local status',
        { cause },
      );
    }
  }

  /** Resolves at the next change of anything, or after `ms`. Rejects with the signal's reason. */
  async change(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const done = Promise.withResolvers<void>();
    const timer = setTimeout(() => done.resolve(), ms);
    const abort = (): void => done.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([this.#changed.promise, done.promise]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  of(unit: string): UnitFacts {
    const unschedulable = this.#unschedulable.get(unit)?.value;
    this.#index ??= {
      placements: perUnit(this.#placements),
      states: perUnit(this.#states),
      names: new Map(this.#machines.items().map(({ value: { id, name } }) => [id, name])),
    };
    const { placements, states, names } = this.#index;
    return {
      names,
      placements: placements.get(unit) ?? new Map(),
      states: states.get(unit) ?? new Map(),
      ...(unschedulable ? { unschedulable } : {}),
    };
  }

  #hint(): void {
    this.#index = undefined;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** unit → machine id → value. */
type PerUnit<T> = Map<string, Map<string, T>>;

function perUnit<T>(mirror: Mirror<T>): PerUnit<T> {
  const found: PerUnit<T> = new Map();
  for (const { ids, value } of mirror.items()) {
    const [machine = '', unit = ''] = ids;
    const machines = found.get(unit) ?? new Map<string, T>();
    found.set(unit, machines.set(machine, value));
  }
  return found;
}
