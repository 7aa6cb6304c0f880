// Waits until units are where they were wanted, and says each change on the way, as `deisctl start` always did.

import type { Store } from '../../ports/store.ts';
import type { Output } from '../output.ts';
import { pause } from '../pause.ts';
import { Facts } from './facts.ts';
import { type Goal, type Judgement, judge } from './goal.ts';

/** A unit that did not get where it should. */
export interface Failure {
  unit: string;
  reason: string;
}

export interface FollowOptions {
  /** Give up after this many ms. */
  timeout: number;
}

/** How long a refusal by the scheduler may be a passing one (a unit that is just leaving the machine). */
const REFUSAL_GRACE_MS = 4_000;
/** Reasons for waiting are told when nothing else changed for this long. */
const QUIET_MS = 5_000;
/** A router that only waits for connections of clients is not waited for longer than others need to notice that it goes. */
export const HELD_MS = 12_000;
/** Changes come in bursts: look once for all that come within this time. */
const BURST_MS = 20;

/** Resolves when every unit has reached its goal or has failed; failures are returned, in the order of the goals. */
export async function follow(
  store: Store,
  goals: readonly Goal[],
  output: Output,
  { timeout }: FollowOptions,
  signal: AbortSignal,
): Promise<Failure[]> {
  if (goals.length === 0) return [];
  const ended = new AbortController();
  const facts = new Facts();
  try {
    await facts.start(store, AbortSignal.any([signal, ended.signal]));
    return await watchGoals(facts, goals, output, timeout, signal);
  } finally {
    ended.abort();
  }
}

async function watchGoals(
  facts: Facts,
  goals: readonly Goal[],
  output: Output,
  timeout: number,
  signal: AbortSignal,
): Promise<Failure[]> {
  const began = performance.now();
  const watches = goals.map((goal) => new GoalWatch(goal, began));
  for (;;) {
    const now = performance.now();
    for (const watch of watches) watch.look(facts, output, now);
    const open = watches.filter((watch) => !watch.ended);
    if (open.length === 0) break;
    if (now - began > timeout) {
      for (const watch of open) watch.giveUp(timeout);
      break;
    }
    await facts.change(500, signal);
    await pause(BURST_MS, signal);
  }
  return watches.flatMap((watch) => (watch.failure ? [watch.failure] : []));
}

/** One goal on its way: remembers what was shown last, so that each change is told once. */
class GoalWatch {
  ended = false;
  failure: Failure | undefined;
  readonly #goal: Goal;
  #shown: string | undefined;
  #said = false;
  #told = '';
  #changedAt: number;
  #refusedSince: number | undefined;
  #heldSince: number | undefined;
  #lastReason = '';

  constructor(goal: Goal, now: number) {
    this.#goal = goal;
    this.#changedAt = now;
  }

  look(facts: Facts, output: Output, now: number): void {
    if (this.ended) return;
    const judgement = judge(this.#goal, facts.of(this.#goal.unit));
    this.#tell(judgement, output, now);
    if (judgement.reason !== '') this.#lastReason = judgement.reason;
    if (judgement.verdict !== 'refused') this.#refusedSince = undefined;
    if (judgement.verdict !== 'held') this.#heldSince = undefined;
    switch (judgement.verdict) {
      case 'reached':
        this.ended = true;
        return;
      case 'failed':
        return this.#fail(judgement.reason || 'it failed');
      case 'refused':
        this.#refusedSince ??= now;
        if (now - this.#refusedSince > REFUSAL_GRACE_MS) this.#fail(judgement.reason);
        return;
      case 'held':
        this.#heldSince ??= now;
        if (now - this.#heldSince <= HELD_MS) return;
        this.ended = true;
        output.line(`${this.#goal.unit}: ${judgement.reason}`);
        return;
      case 'waiting':
        return;
    }
  }

  giveUp(timeout: number): void {
    const why = this.#lastReason === '' ? '' : `: ${this.#lastReason}`;
    this.#fail(`not there after ${Math.round(timeout / 1000)} s${why}`);
  }

  #fail(reason: string): void {
    this.ended = true;
    this.failure = { unit: this.#goal.unit, reason };
  }

  #tell({ verdict, shown, reason }: Judgement, output: Output, now: number): void {
    // How it was before is no news.
    if (verdict === 'waiting') this.#shown ??= shown;
    // But that it has arrived is, also when nobody saw it on the way.
    const arrived = verdict === 'reached' && !this.#said;
    if (shown !== this.#shown || arrived) {
      [this.#shown, this.#changedAt] = [shown, now];
      if (shown === '') return;
      this.#said = true;
      output.line(`${this.#goal.unit}: ${shown}`);
      return;
    }
    if (
      verdict === 'held' ||
      reason === '' ||
      reason === this.#told ||
      now - this.#changedAt < QUIET_MS
    )
      return;
    this.#told = reason;
    output.line(`${this.#goal.unit}: ${shown === '' ? 'waiting' : shown} (${reason})`);
  }
}
