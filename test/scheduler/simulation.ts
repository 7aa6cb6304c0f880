// A cluster that carries decisions out without a store: what the scheduler writes, and what agents make of it.

import type { UnitState } from '../../src/model/unit.ts';
import type { Decision } from '../../src/scheduler/decision.ts';
import { plan } from '../../src/scheduler/plan.ts';
import type { ClusterSnapshot } from '../../src/scheduler/snapshot.ts';
import { unitState } from './picture.ts';

const same = (a: string[], b: string[]): boolean => a.join('\n') === b.join('\n');

/** The snapshot after the decisions were written at `revision`. Throws when a key is written twice or is not as expected. */
export function written(
  snapshot: ClusterSnapshot,
  decisions: readonly Decision[],
  revision: number,
): ClusterSnapshot {
  const next = structuredClone(snapshot);
  const seen = new Set<string>();
  for (const change of decisions.flatMap(({ changes }) => changes)) {
    const key = [change.family, ...change.ids].join(' ');
    if (seen.has(key)) throw new Error(`${key} is written twice`);
    seen.add(key);
    const { family, ids, value } = change;
    const replace = <T extends { revision: number }>(
      list: T[],
      idsOf: (item: T) => string[],
      item: T | undefined,
    ): T[] => {
      const old = list.find((candidate) => same(idsOf(candidate), ids));
      if (change.revision !== undefined && (old?.revision ?? 0) !== change.revision) {
        throw new Error(`${key} is at ${old?.revision ?? 0}, not at ${change.revision}`);
      }
      const others = list.filter((candidate) => candidate !== old);
      return item ? [...others, item] : others;
    };
    if (family === 'placements') {
      const [machine, unit] = ids as [string, string];
      const item = value ? { machine, unit, value, revision } : undefined;
      next.placements = replace(next.placements, (it) => [it.machine, it.unit], item);
    } else if (family === 'unschedulable') {
      const item = value ? { unit: ids[0]!, value, revision } : undefined;
      next.unschedulable = replace(next.unschedulable, ({ unit }) => [unit], item);
    } else if (family === 'schedulerStatus') {
      const item = value ? { topic: ids[0]!, value, revision } : undefined;
      next.status = replace(next.status, ({ topic }) => [topic], item);
      if (ids[0] === 'refused') next.refused = 0;
    } else if (family === 'services') {
      next.services = replace(next.services, ({ app, unit }) => [app, unit], undefined);
    } else if (family === 'states') {
      next.states = next.states.filter(({ machine, unit }) => !same([machine, unit], ids));
    } else {
      const record = next.machines.find(({ id }) => id === ids[0])!;
      if (value) record.lost = { value, revision };
      else delete record.lost;
    }
  }
  return next;
}

/** What every living machine's agent makes of its placements, at once: starts, stops, removes, reports. */
export function agentsActed(snapshot: ClusterSnapshot, revision: number): ClusterSnapshot {
  const next = structuredClone(snapshot);
  const living = new Set(next.machines.filter(({ alive }) => alive).map(({ id }) => id));
  const reported = next.states.filter(({ machine }) => !living.has(machine));
  const desired = new Map(next.units.map(({ value }) => [value.name, value.desired]));
  const placed = new Set<string>();
  for (const { machine, unit, value } of next.placements) {
    placed.add(`${unit} ${machine}`);
    if (!living.has(machine)) continue;
    reported.push({ machine, unit, value: stateFor(value, desired.get(unit), revision) });
  }
  for (const state of next.states) {
    const isStray = !placed.has(`${state.unit} ${state.machine}`) && living.has(state.machine);
    if (!isStray || state.value.active !== 'active') continue;
    reported.push({ ...state, value: { ...state.value, phase: 'orphan' } });
  }
  next.states = reported;
  next.routers = next.routers.map((router) => ({ ...router, endpoints: revision }));
  return next;
}

function stateFor(
  placement: ClusterSnapshot['placements'][number]['value'],
  desired: string | undefined,
  revision: number,
): UnitState {
  const down = { active: 'inactive', sub: 'dead', revision: placement.revision } as const;
  if (placement.want !== 'run') {
    return unitState({ ...down, phase: placement.want === 'gone' ? 'gone' : 'stopped' });
  }
  if (desired === 'loaded') return unitState({ ...down, phase: 'stopped' });
  const published = placement.retiring ? {} : { published: revision };
  return unitState({ revision: placement.revision, ...published });
}

/** Plans, writes and acts in turn until there is nothing to decide; `watch` sees the cluster after each turn. */
export function settled(
  start: ClusterSnapshot,
  watch: (snapshot: ClusterSnapshot, decisions: readonly Decision[]) => void = () => {},
  turns = 300,
): { snapshot: ClusterSnapshot; turns: number } {
  let snapshot = start;
  for (let turn = 0; turn < turns; turn += 1) {
    const decisions = plan(snapshot);
    const acted = agentsActed(written(snapshot, decisions, 1000 + 2 * turn), 1001 + 2 * turn);
    watch(acted, decisions);
    if (decisions.length === 0) return { snapshot: acted, turns: turn };
    snapshot = acted;
  }
  const words = plan(snapshot).map(({ reason }) => reason);
  throw new Error(`not settled after ${turns} turns: ${words.join('; ')}`);
}

/** Machines on which the unit is at home. */
export function homesOf(snapshot: ClusterSnapshot, unit: string): string[] {
  return snapshot.placements
    .filter(({ unit: name, value }) => name === unit && value.want === 'run' && !value.retiring)
    .map(({ machine }) => machine);
}

/** How many units are at home on each machine. */
export function counts(
  snapshot: ClusterSnapshot,
  of: (unit: string) => boolean = () => true,
): number[] {
  return snapshot.machines.map(
    ({ id }) =>
      snapshot.placements.filter(
        ({ machine, unit, value }) =>
          machine === id && value.want === 'run' && !value.retiring && of(unit),
      ).length,
  );
}
