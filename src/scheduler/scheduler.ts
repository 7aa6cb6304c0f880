// The scheduler of this machine's daemon: stands for election, and leads while elected.

import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { MachineProbe } from '../ports/probe.ts';
import { type SchedulerMeter, schedulerMeter } from '../ports/scheduler-meter.ts';
import { lead } from '../registry/leadership.ts';
import type { Registry } from '../registry/registry.ts';
import { Term } from './term.ts';

export interface SchedulerOptions {
  registry: Registry;
  log: Log;
  clock: Clock;
  /** Candidate in the election: the machine id. */
  machineId: string;
  probe: MachineProbe;
  /** Absent: nobody wants to know. */
  meter?: SchedulerMeter;
}

/**
 * Seconds. So much shorter than the machines' own leases (9 s) that a new leader has confirmed the silence of the old leader's
 * machine about when its heartbeat ends.
 */
const LEASE_TTL = 4;

/** Runs until the signal aborts. At any time one daemon of the cluster decides; the others wait. */
export async function runScheduler(options: SchedulerOptions, signal: AbortSignal): Promise<void> {
  const { registry, log, clock, machineId, probe, meter = schedulerMeter() } = options;
  const refused = { unrecorded: 0 };
  await lead(
    { registry, role: 'scheduler', candidate: machineId, ttl: LEASE_TTL, clock, log },
    (leadership) =>
      new Term({ registry, log, clock, probe, leadership, refused, meter }).run(
        leadership.signal,
        signal,
      ),
    signal,
  );
}
