// When a replacement has taken over, so that the old one may stop.

import { isServing, type WantedUnit } from '../model/unit.ts';
import type { Draft } from './draft.ts';

/**
 * It serves, and if it is routed, every live router has confirmed that it sends to it. A unit that is only to be
 * loaded serves nobody: its file on the new machine is enough.
 */
export function hasTakenOver(draft: Draft, unit: WantedUnit, machine: string): boolean {
  const placement = draft.world.placementsOf(unit.name).get(machine);
  const state = draft.state(unit.name, machine);
  if (!placement || !state || state.revision < placement.revision) return false;
  if (unit.desired === 'loaded') return state.phase === 'stopped';
  if (!isServing(state)) return false;
  if (!unit.process?.routed) return true;
  const { published } = state;
  if (published === undefined) return false;
  return draft.snapshot.routers.every(({ endpoints }) => endpoints >= published);
}

/** So many restarts by systemd mean that it will not come up by waiting. */
const HOPELESS_CRASHES = 3;

/** The replacement does not come up: it is not waited for before others move, and people are told. */
export function isHopeless(draft: Draft, unit: string, machine: string): boolean {
  const state = draft.state(unit, machine);
  if (!state || isServing(state)) return false;
  return (
    state.phase === 'failed' || state.health === 'unhealthy' || state.crashes >= HOPELESS_CRASHES
  );
}
