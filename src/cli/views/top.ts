// `deisctl top`: machines and units with what they use, the busiest first; pure.

import type { MachineLoad } from '../../model/machine-load.ts';
import { table } from '../table.ts';
import { bytesText } from './disk.ts';
import type { MachineRow } from './machines.ts';
import type { UnitRow } from './units.ts';

type Look = { at: number; load: MachineLoad } | { problem: string };

export interface TopRecords {
  machines: readonly MachineRow[];
  units: readonly UnitRow[];
  /** By machine id; `before` is the look before, `at` in monotonic ms. */
  loads: ReadonlyMap<string, Look>;
  before: ReadonlyMap<string, Look>;
}

/** One element of `units` in `deisctl top --json`. */
export interface TopUnit {
  unit: string;
  machine: string;
  state: string;
  /** Per cent of one processor since the look before; null: not known yet. */
  cpu: number | null;
  /** Bytes; null: not known. */
  memory: number | null;
}

export interface Top {
  machines: { name: string; state: string; load: MachineLoad | null; problem?: string }[];
  units: TopUnit[];
}

export function top({ machines, units, loads, before }: TopRecords): Top {
  const byName = new Map(machines.map(({ name, id }) => [name, id]));
  return {
    machines: machines.map(({ id, name, state }) => {
      const look = loads.get(id);
      if (look && 'load' in look) return { name, state, load: look.load };
      return { name, state, load: null, problem: look?.problem ?? 'not asked' };
    }),
    units: units
      .map((row) => unitOf(row, byName.get(row.machine) ?? '', loads, before))
      .toSorted((one, other) => (other.cpu ?? -1) - (one.cpu ?? -1)),
  };
}

function unitOf(
  { unit, machine, active, sub }: UnitRow,
  id: string,
  loads: TopRecords['loads'],
  before: TopRecords['before'],
): TopUnit {
  const [now, then] = [loads.get(id), before.get(id)];
  const used = now && 'load' in now ? now.load.units[unit] : undefined;
  const earlier = then && 'load' in then ? then.load.units[unit] : undefined;
  const row = { unit, machine, state: `${active}/${sub}`, memory: used?.memory ?? null };
  if (!used || !earlier || !now || !then || !('at' in now && 'at' in then))
    return { ...row, cpu: null };
  const passed = Math.max(1, now.at - then.at);
  // A container that was made anew counts from zero.
  const spent = Math.max(0, used.cpu - earlier.cpu);
  return { ...row, cpu: Math.round((1000 * spent) / passed) / 10 };
}

/** `rows`: as many lines as the terminal has; the rest is counted. */
export function topLines(view: Top, rows: number): string[] {
  const machines = view.machines.map(({ name, state, load, problem }) => {
    if (!load) return [name, state, '-', '-', '-', problem ?? ''];
    const { total, available } = load.memory;
    const used = `${bytesText(total - available)} of ${bytesText(total)}`;
    const average = load.average.map((number) => number.toFixed(2)).join(' ');
    return [name, state, average, String(load.cpus), used, durationText(load.uptime)];
  });
  const units = view.units.map(({ unit, machine, state, cpu, memory }) => [
    unit,
    machine,
    state,
    cpu === null ? '-' : `${cpu.toFixed(1)} %`,
    memory === null ? '-' : bytesText(memory),
  ]);
  const head = table([['MACHINE', 'STATE', 'LOAD', 'CPUS', 'MEMORY', 'UP'], ...machines]);
  const room = Math.max(3, rows - head.length - 3);
  const shown = units.slice(0, room);
  const body = table([['UNIT', 'MACHINE', 'STATE', 'CPU', 'MEMORY'], ...shown]);
  const rest = units.length - shown.length;
  return [...head, '', ...body, ...(rest > 0 ? [`and ${rest} more`] : [])];
}

function durationText(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return days > 0 ? `${days} d ${hours} h` : `${hours} h ${minutes} min`;
}
