// How many units may be on the move at once for an operator's wish (drain, rebalance).

import type { Draft } from './draft.ts';
import { isHopeless } from './handover.ts';

export interface MoveBudget {
  allows(): boolean;
  spend(): void;
  /** Units that are moving now, those of this plan included. */
  readonly moving: number;
}

/** A tenth of the units that run somewhere, but at least one. */
const SHARE = 10;

export function moveBudget(draft: Draft): MoveBudget {
  const running = new Set<string>();
  const moving = new Set<string>();
  for (const { unit, machine, value } of draft.snapshot.placements) {
    if (draft.isLost(machine)) continue;
    if (value.want === 'run') running.add(unit);
    if (value.want === 'run' && value.retiring && !isHeldUp(draft, unit)) moving.add(unit);
    if (value.want === 'stop' && isToRunElsewhere(draft, unit)) moving.add(unit);
  }
  const limit = Math.max(1, Math.floor(running.size / SHARE));
  let spent = 0;
  return {
    allows: () => moving.size + spent < limit,
    spend: () => {
      spent += 1;
    },
    get moving() {
      return moving.size + spent;
    },
  };
}

function isHeldUp(draft: Draft, unit: string): boolean {
  return draft.world.homesOf(unit).some((machine) => isHopeless(draft, unit, machine));
}

/** Stopped here in order to be started elsewhere, where it is not yet; others stop because nothing else may run them. */
function isToRunElsewhere(draft: Draft, unit: string): boolean {
  if (draft.tenant(unit).demand.onDisconnect !== 'stop') return false;
  const desired = draft.wanted.get(unit)?.value.desired;
  if (desired !== 'launched' && desired !== 'loaded') return false;
  return draft.world.homesOf(unit).length === 0;
}
