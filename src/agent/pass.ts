// One pass of the agent: look, decide, begin what is to be done, tell what became of it. Never waits for anything.

import type { Clock } from '../ports/clock.ts';
import type { Checks } from './checks.ts';
import type { Departure } from './departure.ts';
import type { Fenced } from './fence.ts';
import type { Orders } from './orders.ts';
import { plan } from './plan.ts';
import { stateOf } from './report.ts';
import type { Roster } from './roster.ts';
import type { Senses } from './senses.ts';
import type { States } from './states.ts';
import type { StoreGuard } from './store-guard.ts';
import type { Unit } from './unit.ts';
import type { UnitView } from './view.ts';
import type { Work } from './work.ts';

/** After a boot: how long to wait for the store before the last known orders are carried out. */
export const COLD_START_MS = 30_000;
/** How long reports wait for the Engine's first word, so that a restart of ours changes no report. */
const ENGINE_PATIENCE_MS = 5000;
const IDLE_MS = 60_000;

export interface PassOptions {
  roster: Roster;
  senses: Senses;
  orders: Orders;
  guard: StoreGuard;
  fenced: Fenced;
  work: Work;
  checks: Checks;
  departure: Departure;
  states: States;
  machineIp: string;
  clock: Clock;
}

export class Pass {
  readonly #options: PassOptions;
  readonly #started: number;
  readonly #cold: boolean;
  /** What each unit looked like when it was last reported: hundreds of them have no news in most passes. */
  readonly #reported = new WeakMap<Unit, UnitView>();

  constructor(options: PassOptions) {
    this.#options = options;
    this.#started = options.clock.monotonic();
    this.#cold = options.guard.freshBoot;
  }

  /** Answers ms until the next pass is due without a hint. */
  look(signal: AbortSignal): number {
    const { roster, senses, orders, fenced, work, checks, machineIp, clock } = this.#options;
    const now = clock.monotonic();
    if (!senses.connected) return IDLE_MS;
    const patience = this.#patience(now);
    if (patience > 0) return patience;
    void this.#options.guard.noteBoot();
    const steps = plan({
      units: roster.all().map((unit) => unit.view()),
      machineIp,
      now,
      synced: orders.synced,
      writable: fenced.open && orders.connected,
      withdrawing: this.#options.departure.state === 'withdrawing',
    });
    for (const step of steps) work.begin(step, signal);
    checks.reconcile(roster.all());
    this.#report(now);
    return this.#untilNext(now);
  }

  /** After a boot the store's word is waited for; a mere restart of ours goes on with what is on disk. */
  #patience(now: number): number {
    const { orders, guard } = this.#options;
    if (!this.#cold || orders.synced || guard.hold !== undefined) return 0;
    return Math.max(0, this.#started + COLD_START_MS - now);
  }

  #report(now: number): void {
    const { roster, senses, orders, states, machineIp } = this.#options;
    if (!senses.sawContainers && now - this.#started < ENGINE_PATIENCE_MS) return;
    for (const unit of roster.all()) {
      const view = unit.view();
      if (this.#reported.get(unit) === view) continue;
      this.#reported.set(unit, view);
      states.offer(unit.name, stateOf(view, unit.facts(), machineIp));
    }
    if (!orders.synced) return;
    for (const name of states.storedUnits()) if (!roster.get(name)) states.retract(name);
  }

  /** A unit that is left alone for a while must be looked at when the while is over. */
  #untilNext(now: number): number {
    const { roster, senses } = this.#options;
    const pauses = roster.all().flatMap((unit) => [unit.notBefore, unit.routeNotBefore]);
    if (!senses.sawContainers) pauses.push(this.#started + ENGINE_PATIENCE_MS);
    const due = pauses.filter((at) => at > now).map((at) => at - now);
    return due.reduce((least, ms) => Math.min(least, ms), IDLE_MS);
  }
}
