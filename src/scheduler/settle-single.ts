// A unit that is to run on exactly one machine: place it, keep it, or move it without leaving a gap.

import { evictionProblem, type MachineView } from '../model/constraints.ts';
import { type Draft, hasLeft } from './draft.ts';
import { move, type Mover, retire, runOn, stopped, withdrawOld } from './move.ts';
import type { MoveBudget } from './move-budget.ts';
import type { Peers } from './peers.ts';
import { standIn } from './stand-in.ts';
import { findTarget } from './target.ts';

export interface Single extends Mover {
  peers: Peers;
  budget: MoveBudget;
}

export function settleSingle(single: Single): void {
  const { draft, wanted } = single;
  const unit = wanted.value.name;
  keepOne(single);
  const [home] = draft.world.homesOf(unit);
  if (home === undefined) findHome(single);
  else if (!leaveIfMust(single, home)) stayAt(single, home);
  withdrawOld(single);
}

/** Should it be at home in several places, the one that serves best stays, and the others retire. */
function keepOne({ draft, wanted }: Single): void {
  const unit = wanted.value.name;
  const homes = draft.world.homesOf(unit);
  if (homes.length < 2) return;
  const rank = (machine: string): number =>
    draft.isLost(machine) ? 2 : draft.state(unit, machine)?.active === 'active' ? 0 : 1;
  const [kept, ...others] = homes.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)) as [
    string,
    ...string[],
  ];
  const reason = `it also runs on ${draft.world.nameOf(kept)}`;
  draft.step(
    'keep',
    unit,
    kept,
    reason,
    others.map((machine) => [machine, retire(draft, unit, machine, reason)]),
  );
}

function stayAt({ draft, wanted }: Single, home: string): void {
  const unit = wanted.value.name;
  if (draft.world.placementsOf(unit).get(home)!.revision >= wanted.revision) return;
  const reason = `the unit changed at revision ${wanted.revision}`;
  draft.step('update', unit, home, reason, [[home, runOn(wanted, reason)]]);
}

/** It is at home nowhere: take back what is retiring, adopt what runs unasked, else choose a machine. */
function findHome(single: Single): void {
  const { draft, peers, wanted } = single;
  const { world } = draft;
  const unit = wanted.value.name;
  const { demand } = draft.tenant(unit);
  const mayStay = (machine: string): boolean => {
    const view = world.machine(machine);
    return view !== undefined && evictionProblem(demand, view, world) === undefined;
  };
  const retiring = [...world.placementsOf(unit)].filter(([, { want }]) => want === 'run');
  const back = retiring.map(([machine]) => machine).find(mayStay);
  if (back !== undefined) {
    const reason = 'its replacement is gone, so it stays';
    return draft.step('keep', unit, back, reason, [[back, runOn(wanted, reason)]]);
  }
  if (demand.onDisconnect === 'stop' && isStillLeaving(draft, unit)) return;
  const running = draft
    .statesOf(unit)
    .filter(
      ([machine, { active }]) => active === 'active' && !world.placementsOf(unit).has(machine),
    )
    .map(([machine]) => machine)
    .find(mayStay);
  if (running !== undefined) {
    const reason = 'it runs there already';
    return draft.step('adopt', unit, running, reason, [[running, runOn(wanted, reason)]]);
  }
  const isNew = ({ id }: MachineView): boolean => !draft.wasPlaced(unit, id);
  const target = findTarget(draft, peers, unit, isNew) ?? findTarget(draft, peers, unit);
  if (!target) {
    if (retiring.length === 0) draft.unplaced.set(unit, draft.tenant(unit));
    return;
  }
  const reason = 'it is wanted and runs nowhere';
  draft.step('place', unit, target.id, reason, [[target.id, runOn(wanted, reason)]]);
}

function isStillLeaving(draft: Draft, unit: string): boolean {
  return [...draft.world.placementsOf(unit)].some(
    ([machine, placement]) =>
      !draft.isLost(machine) && !hasLeft(placement, draft.state(unit, machine)),
  );
}

/** True when it leaves, or is stopped for good, because something drives it away from `home`. */
function leaveIfMust(single: Single, home: string): boolean {
  const { draft, peers, budget, wanted } = single;
  const { world } = draft;
  const unit = wanted.value.name;
  const machine = world.machine(home);
  if (!machine) return false;
  const problem = evictionProblem(draft.tenant(unit).demand, machine, world);
  if (!problem) return false;
  const isDrain = problem.constraint === 'Draining';
  if (isDrain && !budget.allows()) return false;
  const target = findTarget(draft, peers, unit, ({ id }) => id !== home);
  if (target) {
    if (isDrain) budget.spend();
    move(single, machine, target, problem.words);
    return true;
  }
  if (problem.constraint === 'MachineOf' && peerIsDown(draft, unit)) {
    draft.step('stop', unit, home, problem.words, [
      [home, stopped(draft, unit, home, problem.words)],
    ]);
    return true;
  }
  const other = isDrain ? standIn(draft, wanted.value, machine) : undefined;
  if (other !== undefined) {
    const reason = `${problem.words}, no other may run it, and ${other} serves`;
    draft.step('stop', unit, home, reason, [[home, stopped(draft, unit, home, reason)]]);
    return true;
  }
  draft.stuck.push(`${unit} cannot leave ${machine.name}: ${problem.words}`);
  return false;
}

/** fleet takes a follower down with its peer; but only a peer's record that says so counts, not a missing one. */
function peerIsDown(draft: Draft, unit: string): boolean {
  return draft.tenant(unit).demand.machineOf.some((peer) => {
    const desired = draft.wanted.get(peer)?.value.desired;
    return desired === 'inactive' || desired === 'gone';
  });
}
