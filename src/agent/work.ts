// Steps under way: at most one on each unit and one on its upstream. A failed one is tried again after a growing pause.

import { toDeisError } from '../model/errors.ts';
import { ACTIONS } from './act.ts';
import { type Step, type StepKind, STEPS } from './steps.ts';
import type { Tools } from './tools.ts';
import type { Unit } from './unit.ts';

/** Steps an operator looks for in the journal. Draining and publishing tell more about themselves. */
const TOLD = new Set<StepKind>(['adopt', 'start', 'stop', 'remove', 'cancel']);

/** `begin` returns at once; when a step has ended, `tools.hint` asks for the next pass. */
export class Work {
  readonly #tools: Tools;
  readonly #running = new Map<Unit, AbortController>();
  readonly #jobs = new Set<Promise<void>>();

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  begin(step: Step, signal: AbortSignal): void {
    const unit = this.#tools.roster.get(step.unit);
    if (!unit) return;
    if (step.kind === 'cancel') this.#running.get(unit)?.abort();
    const job = this.#carryOut(unit, step, signal);
    this.#jobs.add(job);
    void job.finally(() => this.#jobs.delete(job));
  }

  /** Resolves when all that was begun has ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#jobs);
  }

  async #carryOut(unit: Unit, step: Step, signal: AbortSignal): Promise<void> {
    const { roster, log, clock, hint } = this.#tools;
    const track = STEPS[step.kind];
    const cancel = new AbortController();
    unit.busy = { ...unit.busy, [track]: step.kind };
    if (track === 'life') this.#running.set(unit, cancel);
    const started = clock.monotonic();
    try {
      const either = AbortSignal.any([signal, cancel.signal]);
      await ACTIONS[step.kind](this.#tools, unit, step, either);
      unit.stepDone(track);
      const ms = Math.round(clock.monotonic() - started);
      const say = TOLD.has(step.kind) ? 'info' : 'debug';
      log[say]('did', { step: step.kind, unit: unit.name, reason: step.reason, ms });
    } catch (error) {
      if (!signal.aborted && !cancel.signal.aborted) this.#failed(unit, step, error);
    } finally {
      if (track === 'route' || this.#running.get(unit) === cancel) {
        const { [track]: _, ...busy } = unit.busy;
        unit.busy = busy;
        if (track === 'life') this.#running.delete(unit);
      }
      if (roster.get(unit.name) === unit) roster.save(unit);
      hint();
    }
  }

  #failed(unit: Unit, step: Step, error: unknown): void {
    const { log, clock } = this.#tools;
    const problem = toDeisError(error);
    const retry = unit.stepFailed(STEPS[step.kind], problem.message, clock.monotonic());
    log.warn('a step failed', {
      step: step.kind,
      unit: unit.name,
      reason: step.reason,
      code: problem.code,
      error: problem.message,
      retry_ms: retry,
      ...(problem.code === 'internal' && problem.stack ? { stack: problem.stack } : {}),
    });
  }
}
