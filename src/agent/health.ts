// The rule of health: which probe results make a container healthy or withdraw it. Arithmetic only; probe-job.ts runs it.

import type { HealthCheck } from '../model/app.ts';
import type { Health } from '../model/unit.ts';

/** Time between probes until the first success, ms. */
export const EAGER_PROBE_MS = 100;

/** `refused`: nothing listens there at all, so it certainly serves nobody. */
export type Verdict = { kind: 'passed' } | { kind: 'failed'; reason: string; refused: boolean };

/** What is known of one container. `failures` counts failed probes in a row. */
export interface HealthRecord {
  health: Exclude<Health, 'none'>;
  failures: number;
  /** Why it is not healthy. */
  reason?: string;
  refused: boolean;
}

export const UNPROBED: HealthRecord = { health: 'unknown', failures: 0, refused: false };

/** A container whose health is known from before this process began: it stays so until probes say otherwise. */
export function rememberedHealth(health: Health): HealthRecord {
  return { ...UNPROBED, health: health === 'none' ? 'unknown' : health };
}

/** One success makes it healthy; `check.failures` failures in a row make a healthy one unhealthy (DESIGN §9). */
export function judge(
  record: HealthRecord,
  verdict: Verdict,
  check: Pick<HealthCheck, 'failures'>,
): HealthRecord {
  if (verdict.kind === 'passed') return { health: 'healthy', failures: 0, refused: false };
  const failures = record.failures + 1;
  const { reason, refused } = verdict;
  if (record.health !== 'healthy') return { health: record.health, failures, reason, refused };
  const health = failures >= Math.max(1, check.failures) ? 'unhealthy' : 'healthy';
  return { health, failures, reason, refused };
}

/** Ms until the next probe: eager until it was healthy once, then at the check's own interval (s). */
export function probePause(record: HealthRecord, check: Pick<HealthCheck, 'interval'>): number {
  return record.health === 'unknown' ? EAGER_PROBE_MS : Math.max(100, check.interval * 1000);
}

/** A container whose check fails so often within this time is flapping: it is restarted. ms. */
export const FLAPS = 5;
export const FLAPPING_MS = 300_000;

/** When it fell of late, this fall (monotonic ms) included; `flaps`: too often. */
export function fallen(
  before: readonly number[],
  now: number,
): { falls: number[]; flaps: boolean } {
  const falls = [...before.filter((at) => now - at < FLAPPING_MS), now];
  return { falls, flaps: falls.length >= FLAPS };
}

/** True if a listener must be told of the step from one record to the next. */
export function isNews(before: HealthRecord, after: HealthRecord): boolean {
  return (
    before.health !== after.health ||
    before.refused !== after.refused ||
    (after.health !== 'healthy' && before.reason !== after.reason)
  );
}
