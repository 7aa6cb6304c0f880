// A session without heartbeat: a plain alive key that a test can take away and give back.

import type { AcquireLock, HeldLock } from '../../src/agent/exclusive-locks.ts';
import type { AgentSession } from '../../src/agent/session.ts';
import type { Condition } from '../../src/ports/store.ts';
import { keys } from '../../src/registry/keys.ts';
import { put, type Registry, remove, stillCreatedAt } from '../../src/registry/registry.ts';

const forever = new AbortController().signal;

export class PretendSession implements AgentSession {
  readonly locks = new Map<string, AbortController>();
  doubts = 0;
  readonly #registry: Registry;
  readonly #machine: string;
  #fence: Condition | undefined;
  #onChange: () => void = () => undefined;

  constructor(registry: Registry, machine: string) {
    this.#registry = registry;
    this.#machine = machine;
  }

  async run(onChange: () => void, signal: AbortSignal): Promise<void> {
    this.#onChange = onChange;
    await this.register();
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }

  current(): { fence: Condition } | undefined {
    return this.#fence && { fence: this.#fence };
  }

  doubt(): void {
    this.doubts += 1;
  }

  async register(): Promise<void> {
    const ids = [this.#machine];
    const before = await this.#registry.get(keys.alive, ids, forever).catch(() => undefined);
    if (!before) {
      const alive = put(keys.alive, ids, { session: 's', since: 'now' });
      await this.#registry.commit([], [alive], forever).catch(() => undefined);
    }
    const now = await this.#registry.get(keys.alive, ids, forever).catch(() => undefined);
    if (now) this.#fence = stillCreatedAt(keys.alive, ids, now.createRevision);
    this.#onChange();
  }

  /** The lease has ended: the key is gone, and we know it. */
  async lose(): Promise<void> {
    await this.#registry.commit([], [remove(keys.alive, [this.#machine])], forever);
    this.#fence = undefined;
    this.#onChange();
  }

  readonly acquireLock: AcquireLock = async (name, signal): Promise<HeldLock> => {
    await this.#registry.get(keys.alive, [this.#machine], signal);
    const lost = new AbortController();
    this.locks.set(name, lost);
    return { lost: lost.signal, release: async () => void this.locks.delete(name) };
  };
}
