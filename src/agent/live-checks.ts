// Live checks: a container that has answered and does not any more is restarted, each time after a longer pause.

import type { LiveCheck } from '../model/app.ts';
import { backoff, RECOVERED_MS } from './backoff.ts';
import { type HealthRecord, rememberedHealth } from './health.ts';
import { watchHealth } from './probe-job.ts';
import type { ProbeTarget } from './probe.ts';
import { type ChecksOptions, lifeOf, targetOf } from './probed.ts';
import type { Unit } from './unit.ts';
import { checkOf } from './view.ts';

interface Job {
  subject: string;
  stop: AbortController;
}

/** Restarts that checks asked for, one after the other, when the last one was (monotonic ms), and of which life. */
interface Past {
  count: number;
  at: number;
  life: string;
}

/** A container that lived so long has recovered. */
const FORGOTTEN_MS = 10 * RECOVERED_MS;
/** One that was left in place, being the last of its app, is asked for again after this long, ms. */
const SPARED_MS = 3000;

/** Call `reconcile` after every change; `close` ends all jobs. */
export class LiveChecks {
  readonly #options: ChecksOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #past = new Map<string, Past>();
  /** Which life of each unit has passed its live check. */
  readonly #passed = new Map<string, string>();

  constructor(options: ChecksOptions) {
    this.#options = options;
  }

  reconcile(units: readonly Unit[]): void {
    const seen = new Set<string>();
    for (const unit of units) {
      const live = checkOf(unit.prepared)?.live;
      const at = targetOf(unit, this.#options.machineIp, live);
      if (!live || !at || unit.unwell !== undefined) continue;
      seen.add(unit.name);
      const subject = JSON.stringify([at, lifeOf(unit), live]);
      if (this.#jobs.get(unit.name)?.subject !== subject) this.#begin(unit, at, live, subject);
    }
    for (const [name, { stop }] of this.#jobs) {
      if (seen.has(name)) continue;
      stop.abort();
      this.#jobs.delete(name);
    }
    const names = new Set(units.map(({ name }) => name));
    for (const map of [this.#past, this.#passed])
      for (const name of map.keys()) if (!names.has(name)) map.delete(name);
  }

  close(): void {
    for (const { stop } of this.#jobs.values()) stop.abort();
    this.#jobs.clear();
  }

  #begin(unit: Unit, target: ProbeTarget, live: LiveCheck, subject: string): void {
    const { probe, clock, log } = this.#options;
    this.#jobs.get(unit.name)?.stop.abort();
    const stop = new AbortController();
    this.#jobs.set(unit.name, { subject, stop });
    let waiting: AbortController | undefined;
    const life = lifeOf(unit);
    const before = this.#passed.get(unit.name) === life ? rememberedHealth('healthy') : undefined;
    const tell = ({ health, reason = '' }: HealthRecord): void => {
      if (health === 'healthy') this.#passed.set(unit.name, life);
      if (health !== 'unhealthy') {
        waiting?.abort();
        waiting = undefined;
        return;
      }
      if (waiting) return;
      waiting = new AbortController();
      const ends = AbortSignal.any([stop.signal, waiting.signal]);
      void this.restart(unit, `its live check fails: ${reason}`, ends);
    };
    const job = { target, check: live, probe, clock, tell, ...(before && { before }) };
    watchHealth(job, stop.signal).catch((error) =>
      log.error('a live check broke down', { unit: unit.name, error: String(error) }),
    );
  }

  /** The first time at once, then later each time. An end of the signal, e.g. because it answers again, means no restart. */
  async restart(unit: Unit, reason: string, signal: AbortSignal): Promise<void> {
    const { clock, log, changed } = this.#options;
    const past = this.#past.get(unit.name);
    const now = clock.monotonic();
    const count = past && now - past.at < FORGOTTEN_MS ? past.count : 0;
    const life = lifeOf(unit);
    const isSpared = past?.life === life;
    const pause = isSpared ? SPARED_MS : count === 0 ? 0 : backoff(count);
    if (!isSpared)
      log.warn('restart wanted by a check', {
        unit: unit.name,
        reason,
        restarts: count,
        pause_ms: pause,
      });
    try {
      if (pause > 0) await clock.sleep(pause, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (signal.aborted) return;
    const restarts = isSpared ? count : count + 1;
    this.#past.set(unit.name, { count: restarts, at: clock.monotonic(), life });
    unit.unwell = reason;
    changed(unit);
  }
}
