// When is a unit where we want it? Judged from what the scheduler decided and the machines report; pure.

import type { Placement, Unschedulable } from '../../model/cluster.ts';
import { parsePlatformUnitName } from '../../model/ids.ts';
import { type UnitState, isServing } from '../../model/unit.ts';

/** `revision`: store revision of the wanted unit; reports about an older one do not count. */
export type Goal =
  | { kind: 'loaded'; unit: string; revision: number }
  | { kind: 'running'; unit: string; revision: number; restarts: number }
  | { kind: 'dead'; unit: string; revision: number }
  | { kind: 'gone'; unit: string };

/** Everything the store says of one unit, per machine id. */
export interface UnitFacts {
  placements: Map<string, Pick<Placement, 'want'>>;
  states: Map<string, UnitState>;
  unschedulable?: Unschedulable;
  /** Names of machines by id, as far as they are known. */
  names: ReadonlyMap<string, string>;
}

/** `refused`: no machine may run it now. `held`: nobody new is sent there, it only waits for connections of its clients. `shown` is what a person sees: `active/running`; empty when nothing is known yet. */
export interface Judgement {
  verdict: 'reached' | 'waiting' | 'failed' | 'refused' | 'held';
  shown: string;
  reason: string;
}

export function judge(goal: Goal, facts: UnitFacts): Judgement {
  switch (goal.kind) {
    case 'loaded':
      return judgeLoaded(goal.revision, facts);
    case 'running':
      return judgeRunning(goal, facts);
    case 'dead':
      return judgeDead(goal, facts);
    case 'gone':
      return judgeGone(goal.unit, facts);
  }
}

const waiting = (shown: string, reason = ''): Judgement => ({ verdict: 'waiting', shown, reason });
const reached = (shown: string): Judgement => ({ verdict: 'reached', shown, reason: '' });

function judgeLoaded(revision: number, facts: UnitFacts): Judgement {
  const states = statesWhere(facts, 'run', 'stop');
  if (states.length === 0) return unplaced(facts);
  const failed = states.find((state) => isFailed(state) && state.load !== 'loaded');
  if (failed) return failure(failed);
  const done = states.every((state) => state.load === 'loaded' && state.revision >= revision);
  return done ? reached('loaded') : waiting('');
}

function judgeRunning(goal: { revision: number; restarts: number }, facts: UnitFacts): Judgement {
  const states = statesWhere(facts, 'run');
  if (states.length === 0) return unplaced(facts);
  const current = states.filter(
    (state) => state.revision >= goal.revision && state.restarts >= goal.restarts,
  );
  const failed = current.find(isFailed);
  if (failed) return failure(failed);
  const shown = states.map(activity).find((text) => text !== 'active/running') ?? 'active/running';
  const allServe = current.length === states.length && current.every(isServing);
  if (allServe) return reached(shown);
  const slow = states.find((state) => !isServing(state));
  return waiting(shown, slow?.message ?? '');
}

function judgeDead({ unit, revision }: { unit: string; revision: number }, facts: UnitFacts) {
  const states = [...facts.states];
  const down = ([, state]: [string, UnitState]): boolean =>
    ['inactive', 'failed'].includes(state.active);
  const done = states.every((entry) => down(entry) && entry[1].revision >= revision);
  if (done) return reached('inactive/dead');
  return leaving(unit, states.find((entry) => !down(entry)) ?? states[0]!, facts);
}

function judgeGone(unit: string, facts: UnitFacts): Judgement {
  if (facts.states.size === 0 && facts.placements.size === 0) return reached('destroyed');
  const [first] = facts.states;
  return first ? leaving(unit, first, facts) : waiting('');
}

function leaving(unit: string, [machine, state]: [string, UnitState], facts: UnitFacts): Judgement {
  const held = heldBy(unit, machine, state);
  if (held !== undefined) return { verdict: 'held', shown: activity(state), reason: held };
  return waiting(activity(state), draining(state, facts));
}

/** In words, when a router that is to go waits for nothing but connections of clients: it ends with the last one. Else undefined. */
export function heldBy(unit: string, machine: string, state: UnitState): string | undefined {
  const { phase, drain } = state;
  if (phase !== 'draining' || !drain || parsePlatformUnitName(unit)?.component !== 'router') {
    return undefined;
  }
  if (drain.waitingFor.length === 0 || drain.waitingFor.some((id) => id !== machine))
    return undefined;
  const latest = new Date(drain.deadline).toISOString().slice(11, 19);
  return `it ends with the last connection that clients have through it, at ${latest} UTC at the latest`;
}

/** States on the machines whose placement is one of these: a machine it is moving away from does not count. */
function statesWhere(facts: UnitFacts, ...wants: Placement['want'][]): UnitState[] {
  return [...facts.states]
    .filter(([machine]) => wants.includes(facts.placements.get(machine)?.want ?? 'gone'))
    .map(([, state]) => state);
}

function unplaced(facts: UnitFacts): Judgement {
  if (!facts.unschedulable) return waiting('');
  return { verdict: 'refused', shown: '', reason: facts.unschedulable.reason };
}

function isFailed(state: UnitState): boolean {
  return state.phase === 'failed' || state.active === 'failed';
}

function failure(state: UnitState): Judgement {
  return { verdict: 'failed', shown: activity(state), reason: state.message ?? '' };
}

function activity(state: UnitState): string {
  return `${state.active}/${state.sub}`;
}

function draining(state: UnitState, { names }: UnitFacts): string {
  const routers = (state.drain?.waitingFor ?? []).map((id) => names.get(id) ?? id);
  return routers.length === 0 ? '' : `draining, waiting for routers on ${routers.join(', ')}`;
}
