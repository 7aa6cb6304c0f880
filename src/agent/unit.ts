// One unit on this machine: all that the agent knows of it, in one mutable place. plan.ts and report.ts only see a view.

import type { Placement } from '../model/cluster.ts';
import type { Health, UnitKind } from '../model/unit.ts';
import type { Container } from '../ports/container-engine.ts';
import type { UnitActivity } from '../ports/unit-manager.ts';
import { backoff, RECOVERED_MS } from './backoff.ts';
import { type HealthRecord, UNPROBED } from './health.ts';
import type { LifeRecord } from './records.ts';
import type { Facts } from './report.ts';
import { type Busy, isUp, type Prepared, type UnitView } from './view.ts';
import type { WaiterFile } from './waiter-files.ts';

/** Progress of a drain, for people: routers that have not confirmed, and when it is cut short (ms since the epoch). */
export interface DrainProgress {
  waitingFor: string[];
  deadline: number;
}

export class Unit {
  readonly name: string;
  kind: UnitKind;
  placement: Placement | undefined;
  prepared: Prepared | undefined;
  /** Written by `install`; only between the preparing of a unit and its installation. */
  waiterFiles: WaiterFile[] = [];
  life: LifeRecord = { takenOver: false, health: 'unknown' };
  activity: UnitActivity | undefined;
  container: Container | undefined;
  health: HealthRecord = UNPROBED;
  drained = false;
  drain: DrainProgress | undefined;
  busy: Busy = {};
  notBefore = 0;
  routeNotBefore = 0;
  /** What went wrong last with a step, or with the unit itself. */
  problem: string | undefined;
  /** Its check fails, but it is its app's last upstream: said once. */
  keptAsLast = false;
  /** It holds its lock in the store. */
  locked = false;
  lockLost = false;
  exitCode: number | undefined;
  /** The run that ended last, or is ending, reached its memory limit. */
  outOfMemory = false;
  /** How its container last ended by itself; forgotten with its crashes. */
  lastEnd: { exitCode: number; outOfMemory: boolean } | undefined;
  /** Why one of its checks wants it restarted. */
  unwell: string | undefined;
  #failures = 0;
  #routeFailures = 0;
  #downs = 0;
  #upSince: number | undefined;
  #view: UnitView | undefined;
  #viewed: unknown[] = [];

  constructor(name: string, kind: UnitKind) {
    this.name = name;
    this.kind = kind;
  }

  /** What systemd says now. True if that is news. Times: monotonic ms, and ms since the epoch. */
  observe(activity: UnitActivity | undefined, now: number, wall: number): boolean {
    const before = this.activity;
    this.activity = activity;
    if (before?.active === activity?.active && before?.sub === activity?.sub) return false;
    this.#remember(activity, wall);
    if (isUp(activity)) this.#upSince ??= now;
    else if (isUp(before)) this.#wentDown(now);
    return true;
  }

  /** What an earlier life of this process saw and still is so, goes on. */
  #remember(activity: UnitActivity | undefined, wall: number): void {
    const { active = 'inactive', sub = 'dead' } = activity ?? {};
    const { seen } = this.life;
    if (seen?.active === active && seen.sub === sub) return;
    this.life = { ...this.life, seen: { active, sub, since: wall, crashes: seen?.crashes ?? 0 } };
  }

  /** How often systemd restarted it by itself since it was started. */
  set crashes(crashes: number) {
    const { seen } = this.life;
    if (seen) this.life = { ...this.life, seen: { ...seen, crashes } };
  }

  /** A unit that ends again and again is left alone for longer each time. */
  #wentDown(now: number): void {
    if (this.busy.life === 'stop' || !this.life.started) return;
    const stayed = this.#upSince === undefined ? 0 : now - this.#upSince;
    this.#upSince = undefined;
    this.#downs = stayed >= RECOVERED_MS ? 1 : this.#downs + 1;
    this.notBefore = Math.max(this.notBefore, now + backoff(this.#downs));
  }

  /** It was taken down on purpose, or is wanted differently: nothing is held against it. */
  forgive(): void {
    this.#downs = 0;
    this.#failures = 0;
    this.notBefore = 0;
  }

  stepFailed(track: 'life' | 'route', problem: string, now: number): number {
    const failures = track === 'life' ? (this.#failures += 1) : (this.#routeFailures += 1);
    const pause = backoff(failures);
    if (track === 'life') this.notBefore = now + pause;
    else this.routeNotBefore = now + pause;
    this.problem = problem;
    return pause;
  }

  stepDone(track: 'life' | 'route'): void {
    if (track === 'life') {
      this.#failures = 0;
      this.problem = undefined;
    } else {
      this.#routeFailures = 0;
      this.routeNotBefore = 0;
    }
  }

  /** The same object as before as long as nothing has changed: whoever compares it sees at once that there is no news. */
  view(): UnitView {
    const now = this.#state();
    if (!this.#view || now.some((value, index) => value !== this.#viewed[index])) {
      this.#viewed = now;
      this.#view = this.#look();
    }
    return this.#view;
  }

  /** All that a view or the facts are made of. These values are replaced, never changed in place. */
  #state(): unknown[] {
    const { placement, prepared, life, activity, container, health, drain, busy } = this;
    const { drained, notBefore, routeNotBefore, problem, locked, lockLost, exitCode, unwell } =
      this;
    const objects = [placement, prepared, life, activity, container, health, drain, busy];
    return [
      ...objects,
      drained,
      notBefore,
      routeNotBefore,
      problem,
      locked,
      lockLost,
      exitCode,
      unwell,
      this.outOfMemory,
      this.lastEnd,
    ];
  }

  #look(): UnitView {
    const { life } = this;
    const message = this.problem ?? this.#healthProblem();
    return {
      name: this.name,
      kind: this.kind,
      ...(this.placement && { placement: this.placement }),
      ...(this.prepared && { prepared: this.prepared }),
      ...(life.installed !== undefined && { installed: life.installed }),
      ...(life.started && { started: life.started }),
      remains: this.container?.running === false,
      ...(this.activity && { activity: this.activity }),
      health: this.#shownHealth(),
      ...(life.published && { published: life.published }),
      takenOver: life.takenOver,
      ...(life.withdrawn && { withdrawn: life.withdrawn }),
      drained: this.drained,
      busy: this.busy,
      notBefore: this.notBefore,
      routeNotBefore: this.routeNotBefore,
      ...(message !== undefined && { message }),
      locked: this.locked || this.prepared?.exclusive !== true,
      lockLost: this.lockLost,
      ...(this.unwell !== undefined && { unwell: this.unwell }),
    };
  }

  facts(): Facts {
    const { container, exitCode } = this;
    return {
      crashes: this.life.seen?.crashes ?? 0,
      since: this.life.seen?.since ?? 0,
      ...(container && { containerId: container.id, startedAt: container.startedAt }),
      ...(exitCode !== undefined && { exitCode }),
      ...(this.outOfMemory && exitCode !== undefined && { outOfMemory: true }),
      ...(this.lastEnd && (this.life.seen?.crashes ?? 0) > 0 && { lastEnd: this.lastEnd }),
      ...(this.drain && { drain: this.drain }),
    };
  }

  #shownHealth(): Health {
    if (!this.#isChecked()) return 'none';
    return isUp(this.activity) ? this.health.health : 'unknown';
  }

  #isChecked(): boolean {
    return this.prepared?.routed !== undefined || this.prepared?.check?.command !== undefined;
  }

  #healthProblem(): string | undefined {
    if (!this.#isChecked() || !isUp(this.activity)) return undefined;
    const { health, reason } = this.health;
    return health === 'healthy' || reason === undefined ? undefined : `health check: ${reason}`;
  }
}
