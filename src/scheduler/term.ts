// One term of leadership: look, judge who is lost, decide, write; until the leadership ends.

import { Loop } from '../daemon/loop.ts';
import { DeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { MachineProbe } from '../ports/probe.ts';
import type { SchedulerMeter } from '../ports/scheduler-meter.ts';
import type { Mirror } from '../registry/mirror.ts';
import type { Registry } from '../registry/registry.ts';
import { carryOut, type Fenced, type Outcome } from './commit.ts';
import type { Decision, DecisionKind } from './decision.ts';
import { gather } from './gather.ts';
import { judge, type Judgement, NO_MEMORY } from './loss.ts';
import { breaksOf, isInSight, type Mirrors, schedulerMirrors, watchAll } from './mirrors.ts';
import { plan } from './plan.ts';
import { Prober } from './prober.ts';

export interface TermOptions {
  registry: Registry;
  log: Log;
  clock: Clock;
  probe: MachineProbe;
  /** Commits only while we lead. */
  leadership: Fenced;
  /** Late writes that were refused in this process and are not recorded yet. */
  refused: { unrecorded: number };
  meter: SchedulerMeter;
}

/** Longest time between two looks, ms: hints come sooner. */
const EVERY_MS = 10_000;
/** Shortest, ms: many changes at once are one look. */
const AT_LEAST_MS = 40;
/** How long to wait for our own writes to come back to us before looking all the same, ms. */
const ECHO_MS = 2000;

export class Term {
  readonly #options: TermOptions;
  readonly #mirrors: Mirrors = schedulerMirrors();
  readonly #loop: Loop;
  readonly #prober: Prober;
  readonly #over = new AbortController();
  #signal = new AbortController().signal;
  #memory = NO_MEMORY;
  /** Copies that have to show our last writes before they are decided from again. */
  #echo: { awaited: [copy: Mirror<unknown>, revision: number][]; until: number } | undefined;

  constructor(options: TermOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#loop = new Loop({
      name: 'scheduler',
      pass: (signal) => this.#pass(signal),
      every: EVERY_MS,
      atLeast: AT_LEAST_MS,
      clock,
      log,
    });
    this.#prober = new Prober(options.probe, clock, this.#loop.hint);
  }

  /**
   * Resolves when `leading` aborts or a write showed that the leadership is over. `signal` is the daemon's own: with it
   * writes are given up; when only the leadership seems over, they are sent, and the store says whether they are late.
   */
  async run(leading: AbortSignal, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([leading, signal, this.#over.signal]);
    this.#signal = signal;
    const { store } = this.#options.registry;
    const watching = watchAll(this.#mirrors, store, this.#loop.hint, either);
    const { meter, clock } = this.#options;
    meter.leadingSince = clock.now();
    try {
      await this.#loop.run(either);
      await watching;
    } finally {
      meter.leadingSince = undefined;
    }
  }

  async #pass(signal: AbortSignal): Promise<number> {
    if (!isInSight(this.#mirrors)) return EVERY_MS;
    const pause = this.#pauseForEcho();
    if (pause > 0) return pause;
    const { meter } = this.#options;
    meter.looks += 1;
    try {
      return await this.#lookAndDecide(signal);
    } catch (error) {
      meter.failedLooks += 1;
      throw error;
    }
  }

  async #lookAndDecide(signal: AbortSignal): Promise<number> {
    const { clock, leadership, refused } = this.#options;
    const judgement = this.#judge(signal);
    const now = new Date(clock.now()).toISOString();
    const decisions = plan(gather(this.#mirrors, judgement, now, refused.unrecorded));
    if (decisions.length > 0) {
      const outcome = await carryOut(leadership, decisions, this.#signal);
      this.#learn(outcome);
    }
    return judgement.lookAgainIn ?? EVERY_MS;
  }

  #judge(signal: AbortSignal): Judgement {
    const { clock } = this.#options;
    const { alive, lost, machines } = this.#mirrors;
    const known = machines.items().map(({ value }) => value);
    const undeclared = known.filter(({ id }) => !lost.get(id));
    const silent = undeclared.filter(({ id }) => !alive.get(id)).map(({ id }) => id);
    this.#prober.ask(undeclared, new Set(silent), signal);
    const judgement = judge(this.#memory, {
      now: clock.monotonic(),
      wall: clock.now(),
      breaks: breaksOf(this.#mirrors),
      machines: undeclared.map(({ id }) => ({
        id,
        alive: alive.get(id) !== undefined,
        ...this.#prober.resultsOf(id),
      })),
    });
    this.#memory = judgement.memory;
    return judgement;
  }

  /** ms until it makes sense to look; hints from the mirrors wake us before. */
  #pauseForEcho(): number {
    if (!this.#echo) return 0;
    const { awaited, until } = this.#echo;
    const left = until - this.#options.clock.monotonic();
    if (left > 0 && awaited.some(([copy, revision]) => copy.revision < revision)) return left;
    this.#echo = undefined;
    return 0;
  }

  #learn({ written, stale, late, revisions }: Outcome): void {
    const { log, refused, clock, meter } = this.#options;
    for (const decision of written) this.#tell(decision);
    for (const { kind, unit, machine } of stale) {
      log.debug('decision was stale', { kind, unit, machine });
      count(meter.staleDecisions, kind);
    }
    for (const { kind } of written) count(meter.decisions, kind);
    this.#echo = {
      awaited: [...revisions].map(([family, revision]) => [this.#mirrors[family], revision]),
      until: clock.monotonic() + ECHO_MS,
    };
    if (written.some(isRecordOfRefused)) refused.unrecorded = 0;
    if (late === 0) return;
    refused.unrecorded += late;
    log.warn('late writes refused', { count: late, total: refused.unrecorded });
    this.#over.abort(new DeisError('conflict', 'The leadership of the scheduler is over.'));
  }

  #tell({ kind, unit, machine, reason }: Decision): void {
    const name = machine && (this.#mirrors.machines.get(machine)?.value.name ?? machine);
    this.#options.log.info(EVENTS[kind], { unit, machine: name, reason });
  }
}

function count(counts: Map<string, number>, kind: DecisionKind): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

function isRecordOfRefused({ changes }: Decision): boolean {
  return changes.some(({ family, ids }) => family === 'schedulerStatus' && ids[0] === 'refused');
}

/** Each decision as it reads in the log. */
const EVENTS: Record<DecisionKind, string> = {
  place: 'placed',
  adopt: 'adopted',
  update: 'updated',
  move: 'moved',
  keep: 'kept',
  stop: 'told to stop',
  remove: 'told to go',
  clear: 'cleared',
  lose: 'declared lost',
  return: 'welcomed back',
  refuse: 'refused',
  report: 'reported',
};
