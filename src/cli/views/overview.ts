// `deisctl status`: is the cluster well, and what needs a person's attention; pure.

import type { Lost, Machine, SchedulerStatus, Unschedulable } from '../../model/cluster.ts';
import type { RebootTurn } from '../../model/reboot.ts';
import type { Applied } from '../../model/route.ts';
import { type UnitState, type WantedUnit, isServing } from '../../model/unit.ts';
import { table } from '../table.ts';
import type { MachineRow } from './machines.ts';

export interface OverviewRecords {
  machines: readonly MachineRow[];
  /** By machine id, as all maps here unless said otherwise. */
  records: ReadonlyMap<string, Machine>;
  lost: ReadonlyMap<string, Lost>;
  /** Value of the scheduler's leadership: a machine id; undefined: no leader now. */
  leader: string | undefined;
  wanted: readonly WantedUnit[];
  states: readonly { machine: string; unit: string; state: UnitState }[];
  /** By unit. */
  unschedulable: ReadonlyMap<string, Unschedulable>;
  /** By topic. */
  scheduler: ReadonlyMap<string, SchedulerStatus>;
  routers: ReadonlyMap<string, Applied>;
  /** Whose turn to reboot it is; absent: nobody's. */
  turn?: RebootTurn | undefined;
  /** Records of the store that could not be read. */
  malformed: readonly string[];
}

/** `deisctl status --json`. */
export interface Overview {
  machines: Record<string, number>;
  leader: string | null;
  platform: { running: number; wanted: number };
  apps: { running: number; wanted: number };
  submitted: { running: number; wanted: number };
  /** One sentence per thing that needs attention; empty: all is well. */
  problems: string[];
}

/** Topics whose text is a problem while it stands. The others are history. */
const PROBLEM_TOPICS = ['brake', 'stuck', 'orphans'];

export function overview(records: OverviewRecords): Overview {
  const counts: Record<string, number> = {};
  for (const { state } of records.machines) counts[state] = (counts[state] ?? 0) + 1;
  return {
    machines: counts,
    leader: records.leader === undefined ? null : nameOf(records, records.leader),
    platform: running(records, 'platform'),
    apps: running(records, 'app'),
    submitted: running(records, 'foreign'),
    problems: [
      ...machineProblems(records),
      ...schedulerProblems(records),
      ...unitProblems(records),
      ...routerProblems(records),
      ...records.malformed,
    ],
  };
}

function running(
  { wanted, states }: OverviewRecords,
  kind: WantedUnit['kind'],
): { running: number; wanted: number } {
  const serving = new Set(states.filter(({ state }) => isServing(state)).map(({ unit }) => unit));
  const own = wanted.filter((unit) => unit.kind === kind && unit.desired === 'launched');
  return { running: own.filter(({ name }) => serving.has(name)).length, wanted: own.length };
}

function nameOf({ records }: OverviewRecords, id: string): string {
  return records.get(id)?.name ?? id;
}

function machineProblems(records: OverviewRecords): string[] {
  const problems: string[] = [];
  for (const { id, name, state } of records.machines) {
    const lost = records.lost.get(id);
    if (lost) problems.push(`machine ${name} is lost since ${lost.since}: ${lost.reason}`);
    else if (state === 'silent') problems.push(`machine ${name} is silent: it has no heartbeat`);
    const problem = records.records.get(id)?.storeProblem;
    if (problem !== undefined) {
      problems.push(`machine ${name} does not obey the store: ${problem}; its units go on running`);
    }
  }
  if (records.machines.length === 0) problems.push('no machine has registered in this store');
  return [...problems, ...turnProblems(records)];
}

/** A machine that reboots is away for a moment; one that stays away keeps all others from it. */
function turnProblems({ machines, turn }: OverviewRecords): string[] {
  const holder = machines.find(({ id }) => id === turn?.machine);
  if (!turn || (holder && holder.state !== 'lost')) return [];
  const wait = `no other machine reboots until it is back (or: deisctl reboot --release)`;
  return [`${turn.name} has the turn to reboot since ${turn.since} and is gone: ${wait}`];
}

function schedulerProblems({ scheduler, leader }: OverviewRecords): string[] {
  const problems = PROBLEM_TOPICS.flatMap((topic) => {
    const text = scheduler.get(topic)?.text ?? '';
    return text === '' ? [] : [`scheduler, ${topic}: ${text}`];
  });
  if (leader === undefined) problems.push('scheduler: no leader now, so nothing new is placed');
  return problems;
}

function unitProblems(records: OverviewRecords): string[] {
  const problems: string[] = [];
  for (const [unit, { reason }] of records.unschedulable) {
    problems.push(`${unit} runs nowhere: ${reason} (deisctl why ${unit})`);
  }
  for (const { machine, unit, state } of records.states) {
    const where = nameOf(records, machine);
    const why = state.message === undefined ? '' : `: ${state.message}`;
    if (state.phase === 'failed') problems.push(`${unit} failed on ${where}${why}`);
    if (state.health === 'unhealthy') problems.push(`${unit} is unhealthy on ${where}${why}`);
  }
  const orphans = records.states.filter(({ state }) => state.phase === 'orphan');
  if (orphans.length > 0) {
    const names = orphans.map(({ machine, unit }) => `${unit} on ${nameOf(records, machine)}`);
    problems.push(`run although nothing in the store asks for them: ${names.join(', ')}`);
  }
  return problems;
}

function routerProblems(records: OverviewRecords): string[] {
  return [...records.routers].flatMap(([machine, { refused }]) =>
    Object.entries(refused).map(
      ([app, reason]) =>
        `the router on ${nameOf(records, machine)} left out a change of ${app}: ${reason}`,
    ),
  );
}

export function overviewText(view: Overview, refusedWrites: number | undefined): string[] {
  const machines = Object.entries(view.machines).map(([state, count]) => `${count} ${state}`);
  const units = ({ running: up, wanted }: { running: number; wanted: number }): string =>
    `${up} of ${wanted} running`;
  const lines = table([
    ['Machines', machines.join(', ') || 'none'],
    ['Scheduler', view.leader === null ? 'no leader' : `led by ${view.leader}`],
    ['Platform', units(view.platform)],
    ['Apps', units(view.apps)],
    ...(view.submitted.wanted > 0 ? [['Submitted', units(view.submitted)]] : []),
    ...(refusedWrites ? [['Late writes', `${refusedWrites} of old leaders refused`]] : []),
  ]);
  if (view.problems.length === 0) return [...lines, '', 'Nothing needs attention.'];
  return [...lines, '', 'Needs attention:', ...view.problems.map((problem) => `  ${problem}`)];
}
