// A live copy of what the store says about units, for commands that wait until something is so.

import { DeisError } from '../../model/errors.ts';
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
  #changed = Promise.withResolvers<void>();

  /** Throws DeisError('unavailable') when the store does not answer in time. */
  async start(store: Store, signal: AbortSignal): Promise<void> {
    const mirrors = [this.#placements, this.#states, this.#unschedulable];
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
    return {
      placements: perMachine(this.#placements, unit),
      states: perMachine(this.#states, unit),
      ...(unschedulable ? { unschedulable } : {}),
    };
  }

  #hint(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

function perMachine<T>(mirror: Mirror<T>, unit: string): Map<string, T> {
  const found = new Map<string, T>();
  for (const { ids, value } of mirror.items()) {
    const [machine, name] = ids;
    if (name === unit && machine !== undefined) found.set(machine, value);
  }
  return found;
}
