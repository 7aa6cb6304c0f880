// Taking a unit from one machine to another, and letting the old place go when the new one has taken over.

import type { Placement } from '../model/cluster.ts';
import type { MachineView } from '../model/constraints.ts';
import type { WantedUnit } from '../model/unit.ts';
import { type Draft, isDown } from './draft.ts';
import { hasTakenOver, isHopeless } from './handover.ts';
import type { Revised } from './snapshot.ts';

/** A unit that is being settled. */
export interface Mover {
  draft: Draft;
  wanted: Revised<WantedUnit>;
}

export function runOn({ value, revision }: Revised<WantedUnit>, reason: string): Placement {
  return { want: 'run', revision, kind: value.kind, retiring: false, reason };
}

/** Start new before stop old, unless the old serves nobody, or the unit must never run twice. */
export function move(
  { draft, wanted }: Mover,
  from: MachineView,
  to: MachineView,
  why: string,
): void {
  const unit = wanted.value.name;
  const state = draft.state(unit, from.id);
  if (from.standing === 'lost' || isDown(state)) {
    const reason = `${why}: moved from ${from.name} to ${to.name}`;
    return draft.step('move', unit, to.id, reason, [
      [to.id, runOn(wanted, reason)],
      [from.id, stopped(draft, unit, from.id, reason)],
    ]);
  }
  if (draft.tenant(unit).demand.onDisconnect === 'stop') {
    const reason = `${why}: it must never run twice, so it stops on ${from.name} before it moves`;
    return draft.step('stop', unit, from.id, reason, [
      [from.id, stopped(draft, unit, from.id, reason)],
    ]);
  }
  const reason = `${why}: ${to.name} takes over from ${from.name}`;
  draft.step('move', unit, to.id, reason, [
    [to.id, runOn(wanted, reason)],
    [from.id, retire(draft, unit, from.id, reason)],
  ]);
}

/** What is retiring stops when its replacement serves, or when there is nothing left to stop there. */
export function withdrawOld({ draft, wanted }: Mover): void {
  const { world } = draft;
  const unit = wanted.value.name;
  const [home] = world.homesOf(unit);
  for (const [machine, { want, retiring }] of world.placementsOf(unit)) {
    if (want !== 'run' || !retiring) continue;
    const over = home === undefined ? undefined : hasTakenOver(draft, wanted.value, home);
    const reason = draft.isLost(machine)
      ? 'the machine is lost'
      : over
        ? `${world.nameOf(home!)} has taken over`
        : home !== undefined && isDown(draft.state(unit, machine))
          ? 'it does not run there any more'
          : undefined;
    if (reason === undefined) {
      tellIfHopeless(draft, unit, machine, home);
      continue;
    }
    draft.step('stop', unit, machine, reason, [[machine, stopped(draft, unit, machine, reason)]]);
  }
}

function tellIfHopeless(draft: Draft, unit: string, old: string, home: string | undefined): void {
  if (home === undefined || !isHopeless(draft, unit, home)) return;
  const why = draft.state(unit, home)?.message ?? 'it is not healthy there';
  const [to, from] = [draft.world.nameOf(home), draft.world.nameOf(old)];
  draft.stuck.push(`${unit} does not come up on ${to} and stays on ${from} as well: ${why}`);
}

export function retire(draft: Draft, unit: string, machine: string, reason: string): Placement {
  return { ...draft.world.placementsOf(unit).get(machine)!, retiring: true, reason };
}

export function stopped(draft: Draft, unit: string, machine: string, reason: string): Placement {
  return { ...draft.world.placementsOf(unit).get(machine)!, want: 'stop', reason };
}
