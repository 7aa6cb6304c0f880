// Watches the health of one container: owns its own lifetime, and tells exactly one listener what changed.

import type { HealthCheck } from '../model/app.ts';
import type { Clock } from '../ports/clock.ts';
import { type HealthRecord, isNews, judge, probePause, UNPROBED } from './health.ts';
import type { Probe, ProbeTarget } from './probe.ts';

export interface ProbeJobOptions {
  target: ProbeTarget;
  check: HealthCheck;
  /** Asked until it passes once, before `target` is. */
  start?: ProbeTarget;
  /** What was known of this very container before; absent for one that has just been started. */
  before?: HealthRecord;
  probe: Probe;
  clock: Clock;
  tell: (record: HealthRecord) => void;
}

/** Probes until the signal aborts; then resolves. */
export async function watchHealth(options: ProbeJobOptions, signal: AbortSignal): Promise<void> {
  const { target, check, probe, clock, tell } = options;
  const timeout = Math.max(100, check.timeout * 1000);
  let record = options.before ?? UNPROBED;
  let starting = options.before ? undefined : options.start;
  try {
    if (!options.before) await clock.sleep(check.initialDelay * 1000, signal);
    while (!signal.aborted) {
      const at = starting ?? target;
      const verdict = await probe(at, timeout, signal);
      if (signal.aborted) return;
      if (starting !== undefined && verdict.kind === 'passed') {
        starting = undefined;
        continue;
      }
      const next = judge(record, verdict, check);
      const news = isNews(record, next);
      record = next;
      if (news) tell(record);
      await clock.sleep(probePause(record, check), signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
