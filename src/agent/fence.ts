// Every write of an agent is fenced by its session: once another life of this machine has begun, nothing of the old one counts.

import { DeisError } from '../model/errors.ts';
import type { Committed, Condition, Write } from '../ports/store.ts';
import type { Registry } from '../registry/registry.ts';

/** The condition of the present session; undefined while there is none. */
export type Fence = () => Condition | undefined;

export interface FencedOptions {
  registry: Registry;
  fence: Fence;
  /** Told when a write was refused: the session may have ended without our knowing. */
  doubted: () => void;
}

/** Commits under the fence. `applied: false`: another condition did not hold, or the session is over: look again. */
export class Fenced {
  readonly #options: FencedOptions;

  constructor(options: FencedOptions) {
    this.#options = options;
  }

  get registry(): Registry {
    return this.#options.registry;
  }

  /** Is there a session to write under? */
  get open(): boolean {
    return this.#options.fence() !== undefined;
  }

  /** Throws DeisError('lease-gone') while there is no session. */
  async commit(
    conditions: Condition[],
    writes: Write[],
    signal: AbortSignal,
    reads: string[] = [],
  ): Promise<Committed> {
    const fence = this.#options.fence();
    if (!fence) throw new DeisError('lease-gone', 'this machine is not registered at the moment');
    const { registry, doubted } = this.#options;
    const committed = await registry.commit([fence, ...conditions], writes, signal, reads);
    if (!committed.applied) doubted();
    return committed;
  }
}
