// Keeps asking machines whether they live: all of them now and then, so that a dead one is known to be silent before its heartbeat
// ends, and the suspicious ones every second. loss.ts judges by the answers.

import type { Machine } from '../model/cluster.ts';
import type { Clock } from '../ports/clock.ts';
import type { MachineProbe } from '../ports/probe.ts';

/** From the start of one probe to the start of the next, at least, ms: of a machine that failed or is silent, and of others. */
const SOON_MS = 1000;
const SELDOM_MS = 3000;
/** Of others in a large cluster, ms for each machine: 20 probes a second in all. */
const EACH_MS = 50;
/** A failure later than this after the one before, ms, begins a new row of failures: in between we slept. */
const LONGEST_GAP_MS = 4000;

export interface ProbeResults {
  /** When it last answered and last failed to, monotonic ms. */
  answeredAt?: number;
  failedAt?: number;
  /** When the first probe of the present row of failures was sent: since then nothing was answered. */
  failingSince?: number;
}

type Probed = Pick<Machine, 'id' | 'api'>;

interface Asked {
  machine: Probed;
  stop: AbortController;
  silent: boolean;
  results: ProbeResults;
  /** Ends the pause before the next probe. */
  hurry: () => void;
}

export class Prober {
  readonly #probe: MachineProbe;
  readonly #clock: Clock;
  readonly #onResult: () => void;
  readonly #asked = new Map<string, Asked>();

  /** `onResult` is called after each probe of a silent machine. */
  constructor(probe: MachineProbe, clock: Clock, onResult: () => void) {
    this.#probe = probe;
    this.#clock = clock;
    this.#onResult = onResult;
  }

  /** From now on ask exactly these; what is known of others is forgotten. Ends with the signal. */
  ask(machines: readonly Probed[], silent: ReadonlySet<string>, signal: AbortSignal): void {
    const wanted = new Set(machines.map(({ id }) => id));
    for (const [id, { stop }] of this.#asked) {
      if (wanted.has(id)) continue;
      stop.abort();
      this.#asked.delete(id);
    }
    for (const machine of machines) {
      const isSilent = silent.has(machine.id);
      const known = this.#asked.get(machine.id);
      if (known) {
        if (isSilent && !known.silent) known.hurry();
        known.silent = isSilent;
        known.machine = machine;
        continue;
      }
      const stop = new AbortController();
      const asked: Asked = { machine, stop, silent: isSilent, results: {}, hurry: () => undefined };
      this.#asked.set(machine.id, asked);
      void this.#keepAsking(asked, AbortSignal.any([signal, stop.signal]));
    }
  }

  resultsOf(machine: string): ProbeResults {
    return this.#asked.get(machine)?.results ?? {};
  }

  async #keepAsking(asked: Asked, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const started = this.#clock.monotonic();
      const answered = await this.#probe.answers(asked.machine, signal);
      if (signal.aborted) return;
      const now = this.#clock.monotonic();
      asked.results = answered ? { answeredAt: now } : failed(asked.results, started, now);
      if (asked.silent) this.#onResult();
      await this.#pause(asked, this.#period(asked) - (now - started), signal);
    }
  }

  #period({ silent, results }: Asked): number {
    if (silent || results.failingSince !== undefined) return SOON_MS;
    return Math.max(SELDOM_MS, this.#asked.size * EACH_MS);
  }

  async #pause(asked: Asked, ms: number, signal: AbortSignal): Promise<void> {
    const nap = new AbortController();
    asked.hurry = () => nap.abort();
    try {
      await this.#clock.sleep(Math.max(ms, 0), AbortSignal.any([signal, nap.signal]));
    } catch (error) {
      if (!signal.aborted && !nap.signal.aborted) throw error;
    }
  }
}

function failed(
  { answeredAt, failedAt, failingSince }: ProbeResults,
  sent: number,
  now: number,
): ProbeResults {
  const goesOn = failedAt !== undefined && now - failedAt <= LONGEST_GAP_MS;
  return {
    ...(answeredAt !== undefined && { answeredAt }),
    failedAt: now,
    failingSince: (goesOn ? failingSince : undefined) ?? sent,
  };
}
