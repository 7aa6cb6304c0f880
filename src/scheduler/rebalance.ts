// Evening out on an operator's wish: a few units at a time, each move a strict improvement, until none is left.

import type { MachineView } from '../model/constraints.ts';
import { type Score, scorer } from './choose.ts';
import type { Draft } from './draft.ts';
import type { MoveBudget } from './move-budget.ts';
import type { Peers } from './peers.ts';
import { move } from './move.ts';
import { findTarget } from './target.ts';

/** True when the wish is carried out: nothing is moving and no move would improve anything. */
export function rebalance(draft: Draft, peers: Peers, budget: MoveBudget): boolean {
  if (!budget.allows()) return false;
  for (const unit of peers.order) {
    const source = movableFrom(draft, peers, unit);
    if (!source) continue;
    const target = findTarget(draft, peers, unit, improvesOn(draft, unit, source));
    if (!target) continue;
    const wanted = draft.wanted.get(unit)!;
    move({ draft, wanted }, source, target, 'an operator asked to rebalance');
    budget.spend();
    if (!budget.allows()) return false;
  }
  return budget.moving === 0;
}

/**
 * The machine it is settled on; undefined: it is global, on the move, placed nowhere, or bound to others by MachineOf
 * (moving all of them at once could undo what another move improved).
 */
function movableFrom(draft: Draft, peers: Peers, unit: string): MachineView | undefined {
  const { demand } = draft.tenant(unit);
  const placements = draft.world.placementsOf(unit);
  if (demand.global || placements.size !== 1) return undefined;
  if (peers.circles.has(unit) || peers.companionsOf(unit).length > 0) return undefined;
  const [home] = draft.world.homesOf(unit);
  const machine = home === undefined ? undefined : draft.world.machine(home);
  return machine?.standing === 'ready' ? machine : undefined;
}

/**
 * Each accepted move lowers the sum of squares of the group's counts, or keeps it and lowers that of the wider
 * group, or keeps both and lowers that of all units per machine: so it ends.
 */
function improvesOn(draft: Draft, unit: string, source: MachineView) {
  const { world } = draft;
  const tenant = draft.tenant(unit);
  const from = scorer(world, tenant)(world.positionOf(source.id)!);
  const { group, wider } = tenant.spread;
  const stopsFirst = tenant.demand.onDisconnect === 'stop';
  return (machine: MachineView, to: Score): boolean => {
    if (machine.id === source.id) return false;
    // It will be placed anew, by the ordinary order: that must not lead it back to where it came from.
    if (stopsFirst && to.load > from.load) return false;
    if (group !== undefined && from.group !== to.group + 1) return from.group > to.group + 1;
    if (wider !== undefined && from.wider !== to.wider + 1) return from.wider > to.wider + 1;
    return from.homes > to.homes + 1;
  };
}
