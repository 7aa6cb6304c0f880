// Keeps one probe job for every routed unit that runs, and none for any other.

import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { rememberedHealth, UNPROBED } from './health.ts';
import type { Probe, ProbeTarget } from './probe.ts';
import { watchHealth } from './probe-job.ts';
import type { Unit } from './unit.ts';
import { isUp } from './view.ts';

export interface ChecksOptions {
  machineIp: string;
  probe: Probe;
  clock: Clock;
  log: Log;
  /** The health of this unit has changed. */
  changed: (unit: Unit) => void;
}

interface Job {
  /** What is probed, and how: another one needs another job. */
  subject: string;
  stop: AbortController;
}

/** Call `reconcile` after every change; `close` ends all jobs. */
export class Checks {
  readonly #options: ChecksOptions;
  readonly #jobs = new Map<string, Job>();

  constructor(options: ChecksOptions) {
    this.#options = options;
  }

  reconcile(units: readonly Unit[]): void {
    const seen = new Set<string>();
    for (const unit of units) {
      const target = targetOf(unit, this.#options.machineIp);
      if (!target) continue;
      seen.add(unit.name);
      const subject = JSON.stringify([target, lifeOf(unit), unit.prepared?.routed?.check]);
      if (this.#jobs.get(unit.name)?.subject !== subject) this.#begin(unit, target, subject);
    }
    for (const [name, job] of this.#jobs) {
      if (seen.has(name)) continue;
      job.stop.abort();
      this.#jobs.delete(name);
    }
  }

  close(): void {
    for (const { stop } of this.#jobs.values()) stop.abort();
    this.#jobs.clear();
  }

  #begin(unit: Unit, target: ProbeTarget, subject: string): void {
    const { probe, clock, log, changed } = this.#options;
    this.#jobs.get(unit.name)?.stop.abort();
    const stop = new AbortController();
    this.#jobs.set(unit.name, { subject, stop });
    const { check } = unit.prepared!.routed!;
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
    watchHealth({ target, check, probe, clock, tell, ...before }, stop.signal).catch((error) =>
      log.error('a health check broke down', { unit: unit.name, error: String(error) }),
    );
  }
}

/** Where to probe; undefined while it does not run or its container's address is not known. */
function targetOf(unit: Unit, machineIp: string): ProbeTarget | undefined {
  const routed = unit.prepared?.routed;
  if (!routed || !isUp(unit.activity) || !unit.container?.running) return undefined;
  const host = routed.network === 'host' ? machineIp : unit.container.ip;
  if (host === '') return undefined;
  const { path } = routed.check;
  return { host, port: routed.containerPort, ...(path !== undefined && { path }) };
}

/** Which run of its container: a new one is proven anew. */
function lifeOf({ container }: Unit): string {
  return container ? `${container.id}@${container.startedAt}` : '';
}
