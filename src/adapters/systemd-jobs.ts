// Waits for systemd's jobs by their JobRemoved signal. The signal may come before the answer that names the job.

import { DeisError } from '../model/errors.ts';
import type { JobOutcome } from '../ports/unit-manager.ts';
import type { SystemdBus } from './systemd-bus.ts';
import { BusRefusal, type BusSignal, MANAGER } from './systemd-session.ts';
import { untilAborted } from './until-aborted.ts';

type Result = JobOutcome['result'];
const RESULTS: readonly string[] = [
  'done',
  'failed',
  'timeout',
  'canceled',
  'dependency',
  'skipped',
];

export class SystemdJobs {
  readonly #bus: SystemdBus;
  readonly #waiting = new Map<string, (result: Result) => void>();
  /** Results of jobs whose name we do not know yet; kept only while an order is under way. */
  readonly #early = new Map<string, Result>();
  #orders = 0;

  constructor(bus: SystemdBus) {
    this.#bus = bus;
    bus.listen((signal) => this.#hear(signal));
  }

  /** StartUnit, StopUnit or RestartUnit. A refusal of systemd is an outcome; a broken connection is thrown. */
  async run(
    member: 'StartUnit' | 'StopUnit' | 'RestartUnit',
    unit: string,
    signal: AbortSignal,
  ): Promise<JobOutcome> {
    signal.throwIfAborted();
    let job = '';
    try {
      const result = await untilAborted(
        this.#order(member, unit, (path) => (job = path)),
        signal,
      );
      return { result, reason: result === 'done' ? '' : `systemd's job ended: ${result}` };
    } catch (error) {
      if (!(error instanceof BusRefusal)) throw error;
      return { result: 'refused', reason: error.message };
    } finally {
      this.#waiting.delete(job);
    }
  }

  async #order(member: string, unit: string, onJob: (path: string) => void): Promise<Result> {
    const session = await this.#bus.session();
    this.#orders += 1;
    let result: Promise<Result>;
    try {
      const [path] = await session.call({ member, signature: 'ss', body: [unit, 'replace'] });
      onJob(path as string);
      result = this.#resultOf(path as string);
    } finally {
      this.#orders -= 1;
      if (this.#orders === 0) this.#early.clear();
    }
    const broken = session.ended.then(() => {
      throw new DeisError('unavailable', `The connection broke while ${unit} was changing.`);
    });
    return Promise.race([result, broken]);
  }

  #resultOf(job: string): Promise<Result> {
    const early = this.#early.get(job);
    if (early !== undefined) return Promise.resolve(early);
    return new Promise((resolve) => this.#waiting.set(job, resolve));
  }

  #hear({ interface: from, member, body }: BusSignal): void {
    if (from !== MANAGER || member !== 'JobRemoved') return;
    const [, job, , word] = body as [number, string, string, string];
    const result = RESULTS.includes(word) ? (word as Result) : 'failed';
    const waiting = this.#waiting.get(job);
    if (waiting) waiting(result);
    else if (this.#orders > 0) this.#early.set(job, result);
  }
}
