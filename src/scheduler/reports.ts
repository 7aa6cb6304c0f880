// What the scheduler tells people: why units run nowhere, and what is odd in the cluster.

import type { SchedulerStatus, Unschedulable } from '../model/cluster.ts';
import { eligible } from '../model/constraints.ts';
import type { Demand } from '../model/requirements.ts';
import type { Decision } from './decision.ts';
import type { Draft } from './draft.ts';
import type { Tenant } from './world.ts';

/** Machines named one by one in a record; the reason sums up the rest. */
const MOST_MACHINES = 50;
/** Things named in one line of text. */
const MOST_NAMED = 10;

/** Undefined: with all decided there is a place after all, which the next plan will use. */
function explain(draft: Draft, { demand }: Tenant): Unschedulable | undefined {
  const machines: Record<string, string> = {};
  const counts = new Map<string, number>();
  for (const { machine, problem } of eligible(demand, draft.world.machines, draft.world)) {
    if (problem === undefined) return undefined;
    counts.set(problem, (counts.get(problem) ?? 0) + 1);
    if (Object.keys(machines).length < MOST_MACHINES) machines[machine.name] = problem;
  }
  const problems = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  if (problems.length === 0) return { reason: 'there is no machine', machines };
  const words = problems
    .slice(0, 3)
    .map(([problem, n]) => `${problem} (${n} of ${draft.world.machines.length})`);
  return { reason: `no machine may run it: ${words.join('; ')}`, machines };
}

export function unschedulables(draft: Draft): Decision[] {
  const refused = new Map(draft.impossible);
  const explained = new Map<string, Unschedulable | undefined>();
  for (const [unit, tenant] of draft.unplaced) {
    const key = draft.world.isAnyPicky ? unit : keyOf(tenant.demand);
    if (!explained.has(key)) explained.set(key, explain(draft, tenant));
    const record = explained.get(key);
    if (record) refused.set(unit, record);
  }
  const known = new Map(draft.snapshot.unschedulable.map((record) => [record.unit, record]));
  const decisions: Decision[] = [];
  for (const [unit, record] of [...refused].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const old = known.get(unit);
    if (old && JSON.stringify(sorted(old.value)) === JSON.stringify(sorted(record))) continue;
    decisions.push({
      kind: 'refuse',
      unit,
      reason: record.reason,
      changes: [
        { family: 'unschedulable', ids: [unit], value: record, revision: old?.revision ?? 0 },
      ],
      requires: [],
    });
  }
  for (const { unit, revision } of draft.snapshot.unschedulable) {
    if (refused.has(unit) || draft.unplaced.has(unit)) continue;
    decisions.push({
      kind: 'report',
      unit,
      reason: 'nothing speaks against it any more',
      changes: [{ family: 'unschedulable', ids: [unit], value: null, revision }],
      requires: [],
    });
  }
  return decisions;
}

/** Equal for units of which the same can be said; their names matter only to units with patterns. */
function keyOf({
  machineId,
  home,
  metadata,
  machineOf,
  conflicts,
  replaces,
  reserved,
}: Demand): string {
  return JSON.stringify([machineId, home, ...metadata, machineOf, conflicts, replaces, reserved]);
}

function sorted({ reason, machines }: Unschedulable): unknown {
  return [reason, Object.entries(machines).toSorted(([a], [b]) => (a < b ? -1 : 1))];
}

/** `sentence (a, b, c and 4 more)`. */
export function listing(sentence: string, names: readonly string[]): string {
  const named = names.toSorted().slice(0, MOST_NAMED).join(', ');
  const more = names.length - MOST_NAMED;
  return `${sentence} (${named}${more > 0 ? ` and ${more} more` : ''})`;
}

/** Writes the topic's line when it says something new, and removes it when there is nothing to say. */
export function status(
  draft: Draft,
  topic: string,
  line: Omit<SchedulerStatus, 'since'> | undefined,
): Decision[] {
  const old = draft.snapshot.status.find((record) => record.topic === topic);
  if (!line && !old) return [];
  if (line && old && isSameLine(old.value, line)) return [];
  const value = line ? { ...line, since: draft.snapshot.now } : null;
  return [
    {
      kind: 'report',
      reason: line ? `${topic}: ${line.text}` : `${topic}: nothing to say any more`,
      changes: [{ family: 'schedulerStatus', ids: [topic], value, revision: old?.revision ?? 0 }],
      requires: [],
    },
  ];
}

function isSameLine(old: SchedulerStatus, line: Omit<SchedulerStatus, 'since'>): boolean {
  return old.text === line.text && old.count === line.count && old.done === line.done;
}
