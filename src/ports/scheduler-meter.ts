// What a scheduler counts of its own work, for whoever shows it.

export interface SchedulerMeter {
  /** Ms since the epoch at which this process began to lead; undefined while it does not. */
  leadingSince: number | undefined;
  /** Looks at the cluster, and those of them that failed. */
  looks: number;
  failedLooks: number;
  /** Decisions that were written, by kind; and those that came too late. */
  readonly decisions: Map<string, number>;
  readonly staleDecisions: Map<string, number>;
}

export function schedulerMeter(): SchedulerMeter {
  return {
    leadingSince: undefined,
    looks: 0,
    failedLooks: 0,
    decisions: new Map(),
    staleDecisions: new Map(),
  };
}
