// How busy a machine is, and what its units use, as `deisctl top` shows it.

export interface MachineLoad {
  /** Processes that want to run, over 1, 5 and 15 minutes. */
  average: [number, number, number];
  cpus: number;
  /** Bytes. */
  memory: { total: number; available: number };
  /** Seconds since it booted. */
  uptime: number;
  /** By unit name, of those that run in a container here. */
  units: Record<string, UnitLoad>;
}

export interface UnitLoad {
  /** Processor time since its container started, ms. */
  cpu: number;
  /** Bytes resident. */
  memory: number;
}
