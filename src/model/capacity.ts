// What a unit reserves on its machine, read from its process or from its [Service] section.

import type { UnitOption, WantedUnit } from './unit.ts';
import { optionValues } from './unit-file.ts';

/** Bytes, share of the machine's own memory (0..1), and number of cpus. */
export interface Reservation {
  memory: number;
  memoryShare: number;
  cpus: number;
}

const NOTHING: Reservation = { memory: 0, memoryShare: 0, cpus: 0 };
/** systemd's and Docker's measure of one whole cpu. */
const SHARES_PER_CPU = 1024;
const UNITS = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

type Memory = Pick<Reservation, 'memory' | 'memoryShare'>;

/** systemd.resource-control(5): bytes, K/M/G/T/P/E by 1024, a percentage of the machine, or `infinity`. */
export function parseMemory(value: string): Memory | undefined {
  const text = value.trim();
  if (text === 'infinity') return { memory: 0, memoryShare: 0 };
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (percent) return { memory: 0, memoryShare: Math.min(Number(percent[1]) / 100, 1) };
  const amount = /^(\d+(?:\.\d+)?)([KMGTPE]?)$/.exec(text);
  if (!amount) return undefined;
  return {
    memory: Math.round(Number(amount[1]) * 1024 ** UNITS.indexOf(amount[2]!)),
    memoryShare: 0,
  };
}

/** `CPUQuota=150%` is one and a half cpus. */
export function parseCpuQuota(value: string): number | undefined {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value.trim());
  return percent ? Number(percent[1]) / 100 : undefined;
}

function fromService(options: readonly UnitOption[]): Reservation {
  const last = (name: string): string => optionValues(options, 'Service', name).at(-1) ?? '';
  const memory = parseMemory(last('MemoryMax')) ?? parseMemory(last('MemoryLimit')) ?? NOTHING;
  return { ...memory, cpus: parseCpuQuota(last('CPUQuota')) ?? 0 };
}

/** An app unit by its process's limits, any other by MemoryMax= (or the older MemoryLimit=) and CPUQuota=. */
export function reservationOf(unit: Pick<WantedUnit, 'process' | 'options'>): Reservation {
  if (!unit.process) return fromService(unit.options);
  const { memory = 0, cpuShares = 0 } = unit.process;
  return { memory, memoryShare: 0, cpus: cpuShares / SHARES_PER_CPU };
}

/** Bytes that this reservation takes on a machine with `capacity` bytes; 0 on a machine of unknown size. */
export function bytesOn(reservation: Reservation, capacity: number): number {
  return reservation.memory + reservation.memoryShare * capacity;
}

/** `512M`, `1.5G`, `100K`: for sentences. */
export function formatBytes(bytes: number): string {
  let rest = Math.max(bytes, 0);
  let unit = 0;
  while (rest >= 1024 && unit < UNITS.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${Math.round(rest * 10) / 10}${UNITS[unit]!}`;
}
