// `deisctl plan`: decisions as lines for people; pure.

import type { Decision, DecisionKind } from '../../scheduler/decision.ts';
import { table } from '../table.ts';

/** One element of `deisctl plan --json`. */
export interface PlanRow {
  does: string;
  unit?: string;
  /** Its name. */
  machine?: string;
  reason: string;
}

const WORDS: Record<DecisionKind, string> = {
  place: 'place',
  adopt: 'adopt',
  update: 'update',
  move: 'move',
  keep: 'keep',
  stop: 'stop',
  remove: 'remove',
  clear: 'clear',
  lose: 'declare lost',
  return: 'welcome back',
  refuse: 'refuse',
  report: 'report',
};

/** `names`: of machines, by id. */
export function planRows(
  decisions: readonly Decision[],
  names: ReadonlyMap<string, string>,
): PlanRow[] {
  return decisions.map(({ kind, unit, machine, reason }) => ({
    does: WORDS[kind],
    ...(unit !== undefined && { unit }),
    ...(machine !== undefined && { machine: names.get(machine) ?? machine }),
    reason,
  }));
}

export function planLines(rows: readonly PlanRow[]): string[] {
  if (rows.length === 0) return ['Nothing to do: every unit is where it is wanted.'];
  const lines = rows.map(({ does, unit = '-', machine = '-', reason }) => [
    does,
    unit,
    machine,
    reason,
  ]);
  return table([['DOES', 'UNIT', 'MACHINE', 'REASON'], ...lines]);
}
