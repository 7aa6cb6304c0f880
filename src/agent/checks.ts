// Keeps one probe job for every routed unit that runs, and none for any other.

import type { HealthCheck } from '../model/app.ts';
import { fallen, FLAPPING_MS, rememberedHealth, UNPROBED } from './health.ts';
import { LiveChecks } from './live-checks.ts';
import type { ProbeTarget } from './probe.ts';
import { watchHealth } from './probe-job.ts';
import { type ChecksOptions, lifeOf, targetAt, targetOf } from './probed.ts';
import type { Unit } from './unit.ts';
import { checkOf } from './view.ts';

interface Job {
  /** What is probed, and how: another one needs another job. */
  subject: string;
  stop: AbortController;
}

/** Call `reconcile` after every change; `close` ends all jobs. */
export class Checks {
  readonly #options: ChecksOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #live: LiveChecks;

  constructor(options: ChecksOptions) {
    this.#options = options;
    this.#live = new LiveChecks(options);
  }

  reconcile(units: readonly Unit[]): void {
    this.#live.reconcile(units);
    const seen = new Set<string>();
    for (const unit of units) {
      const target = targetOf(unit, this.#options.machineIp, checkOf(unit.prepared));
      if (!target) continue;
      seen.add(unit.name);
      const subject = JSON.stringify([target, lifeOf(unit), checkOf(unit.prepared)]);
      if (this.#jobs.get(unit.name)?.subject !== subject) this.#begin(unit, target, subject);
    }
    for (const [name, job] of this.#jobs) {
      if (seen.has(name)) continue;
      job.stop.abort();
      this.#jobs.delete(name);
    }
  }

  close(): void {
    this.#live.close();
    for (const { stop } of this.#jobs.values()) stop.abort();
    this.#jobs.clear();
  }

  #begin(unit: Unit, target: ProbeTarget, subject: string): void {
    const { probe, clock, log, changed } = this.#options;
    this.#jobs.get(unit.name)?.stop.abort();
    const stop = new AbortController();
    this.#jobs.set(unit.name, { subject, stop });
    const check = checkOf(unit.prepared)!;
    const life = lifeOf(unit);
    const same = unit.life.container === life && unit.life.health !== 'unknown';
    unit.health = same ? rememberedHealth(unit.life.health) : UNPROBED;
    unit.life = { ...unit.life, container: life, health: unit.health.health };
    changed(unit);
    const before = same ? { before: unit.health } : {};
    let falls: number[] = [];
    const tell = (record: typeof unit.health): void => {
      if (record.health !== unit.health.health) {
        const reason = record.reason ?? '';
        log.info('health changed', { unit: unit.name, health: record.health, reason });
        if (record.health === 'unhealthy') falls = this.#fell(unit, falls, reason, stop.signal);
      }
      if (record.health === 'healthy') unit.keptAsLast = false;
      unit.health = record;
      unit.life = { ...unit.life, health: record.health };
      changed(unit);
    };
    const start = startOf(unit, target, check);
    watchHealth({ target, check, probe, clock, tell, ...start, ...before }, stop.signal).catch(
      (error) => log.error('a health check broke down', { unit: unit.name, error: String(error) }),
    );
  }

  /** One that is well and sick by turns is restarted; parts of the platform are left to their own judgement. */
  #fell(unit: Unit, before: readonly number[], reason: string, signal: AbortSignal): number[] {
    const { falls, flaps } = fallen(before, this.#options.clock.monotonic());
    if (!flaps || unit.kind !== 'app') return falls;
    const minutes = FLAPPING_MS / 60_000;
    const why = `its check failed ${falls.length} times within ${minutes} minutes: ${reason}`;
    void this.#live.restart(unit, why, signal);
    return falls;
  }
}

/** A startup check of its own. */
function startOf(
  unit: Unit,
  { host, port }: ProbeTarget,
  { startPath, startCommand }: HealthCheck,
): { start?: ProbeTarget } {
  if (startPath === undefined && startCommand === undefined) return {};
  const asked = {
    ...(startPath !== undefined && { path: startPath }),
    ...(startCommand && { command: startCommand }),
  };
  return { start: targetAt({ host, port }, unit, asked) };
}
