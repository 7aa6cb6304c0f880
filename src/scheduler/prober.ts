// Keeps asking the silent machines whether they live, while they are silent; loss.ts judges by the answers.

import type { Machine } from '../model/cluster.ts';
import type { Clock } from '../ports/clock.ts';
import type { MachineProbe } from '../ports/probe.ts';

/** From the start of one probe to the start of the next, at least, ms. */
const PERIOD_MS = 1000;

interface Asked {
  stop: AbortController;
  answeredAt?: number;
  failedAt?: number;
}

export class Prober {
  readonly #probe: MachineProbe;
  readonly #clock: Clock;
  readonly #onResult: () => void;
  readonly #asked = new Map<string, Asked>();

  constructor(probe: MachineProbe, clock: Clock, onResult: () => void) {
    this.#probe = probe;
    this.#clock = clock;
    this.#onResult = onResult;
  }

  /** From now on ask exactly these; what is known of others is forgotten. Ends with the signal. */
  ask(machines: readonly Pick<Machine, 'id' | 'api'>[], signal: AbortSignal): void {
    const wanted = new Set(machines.map(({ id }) => id));
    for (const [id, { stop }] of this.#asked) {
      if (wanted.has(id)) continue;
      stop.abort();
      this.#asked.delete(id);
    }
    for (const machine of machines) {
      if (this.#asked.has(machine.id)) continue;
      const asked: Asked = { stop: new AbortController() };
      this.#asked.set(machine.id, asked);
      void this.#keepAsking(machine, asked, AbortSignal.any([signal, asked.stop.signal]));
    }
  }

  /** When it last answered and last failed to, monotonic ms. */
  resultsOf(machine: string): { answeredAt?: number; failedAt?: number } {
    const { answeredAt, failedAt } = this.#asked.get(machine) ?? {};
    return {
      ...(answeredAt === undefined ? {} : { answeredAt }),
      ...(failedAt === undefined ? {} : { failedAt }),
    };
  }

  async #keepAsking(machine: Pick<Machine, 'api'>, asked: Asked, signal: AbortSignal) {
    while (!signal.aborted) {
      const started = this.#clock.monotonic();
      const answered = await this.#probe.answers(machine, signal);
      if (signal.aborted) return;
      const now = this.#clock.monotonic();
      if (answered) asked.answeredAt = now;
      else asked.failedAt = now;
      this.#onResult();
      try {
        await this.#clock.sleep(Math.max(PERIOD_MS - (now - started), 0), signal);
      } catch {
        return; // the sleep ends early only when the signal aborts
      }
    }
  }
}
