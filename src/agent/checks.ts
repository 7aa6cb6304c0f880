// Keeps one probe job for every routed unit that runs, and none for any other.

import type { HealthCheck } from '../model/app.ts';
import { rememberedHealth, UNPROBED } from './health.ts';
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
    const tell = (record: typeof unit.health): void => {
      if (record.health !== unit.health.health) {
        const reason = record.reason ?? '';
        log.info('health changed', { unit: unit.name, health: record.health, reason });
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
