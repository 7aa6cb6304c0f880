// `deisctl list`: which unit is where, and how it is; pure.

import { type Machine, machineLabel } from '../../model/cluster.ts';
import type { UnitState, WantedUnit } from '../../model/unit.ts';
import { table } from '../table.ts';

/** One element of `deisctl list --json`. A wanted unit that is on no machine has `-` in all but `unit`. */
export interface UnitRow {
  unit: string;
  /** Its name, as `deisctl machines` shows it; the id when the machine is not known. */
  machine: string;
  ip: string;
  load: string;
  active: string;
  sub: string;
}

export interface UnitRecords {
  /** Units to list, also when no machine reports them. */
  wanted: readonly Pick<WantedUnit, 'name' | 'desired'>[];
  states: readonly { machine: string; unit: string; state: UnitState }[];
  machines: readonly Pick<Machine, 'id' | 'name' | 'ip'>[];
  /** All reported units, not only the wanted ones. */
  all: boolean;
}

const NOWHERE = { machine: '-', ip: '-', load: '-', active: '-', sub: '-' };

export function unitRows({ wanted, states, machines, all }: UnitRecords): UnitRow[] {
  const known = new Map(machines.map((machine) => [machine.id, machine]));
  const names = new Set(wanted.map(({ name }) => name));
  const reported = states.filter(({ unit }) => all || names.has(unit));
  const rows = reported.map(({ machine, unit, state }) => ({
    unit,
    machine: known.get(machine)?.name ?? machine,
    ip: known.get(machine)?.ip ?? '-',
    load: state.load,
    active: state.active,
    sub: state.sub,
  }));
  const somewhere = new Set(reported.map(({ unit }) => unit));
  const nowhere = wanted
    .filter(({ name, desired }) => !somewhere.has(name) && ['loaded', 'launched'].includes(desired))
    .map(({ name }) => ({ unit: name, ...NOWHERE }));
  return [...rows, ...nowhere].toSorted((left, right) =>
    `${left.unit} ${left.machine}`.localeCompare(`${right.unit} ${right.machine}`, 'en', {
      numeric: true,
    }),
  );
}

/** The original's table; its machine column is `<8 hex of the id>.../<ip>`. */
export function unitTable(
  rows: readonly UnitRow[],
  machines: readonly Pick<Machine, 'id' | 'name' | 'ip'>[],
): string[] {
  const labels = new Map(machines.map((machine) => [machine.name, machineLabel(machine)]));
  return table([
    ['UNIT', 'MACHINE', 'LOAD', 'ACTIVE', 'SUB'],
    ...rows.map((row) => [
      row.unit,
      labels.get(row.machine) ?? row.machine,
      row.load,
      row.active,
      row.sub,
    ]),
  ]);
}
