// Brings the placements of one wanted unit in line with what is desired of it.

import { isTemplateName } from '../model/ids.ts';
import type { WantedUnit } from '../model/unit.ts';
import { type Draft, hasLeft } from './draft.ts';
import { settleGlobal } from './settle-global.ts';
import { settleSingle, type Single } from './settle-single.ts';
import type { Revised } from './snapshot.ts';

export function settle(single: Single): void {
  const { draft, wanted } = single;
  const { name, desired } = wanted.value;
  clearWhatLeft(draft, name);
  switch (desired) {
    case 'gone':
      tellAll(draft, wanted, 'gone', 'the unit is to be removed');
      return;
    case 'inactive':
      tellAll(draft, wanted, 'stop', 'the unit is to be inactive');
      return;
    case 'loaded':
    case 'launched':
      if (isTemplateName(name)) {
        draft.impossible.set(name, { reason: 'a template cannot run', machines: {} });
      } else if (goesInCircle(single)) {
        const reason = `MachineOf goes round in a circle: ${single.peers.circles.get(name)!}`;
        draft.impossible.set(name, { reason, machines: {} });
      } else if (draft.tenant(name).demand.global) {
        settleGlobal(draft, wanted);
      } else {
        settleSingle(single);
        retireStrays(draft, wanted);
      }
  }
}

/** Who goes round in a circle of MachineOf is placed nowhere; where it runs already, it stays. */
function goesInCircle({ draft, peers, wanted }: Single): boolean {
  const { name } = wanted.value;
  return peers.circles.has(name) && draft.world.homesOf(name).length === 0;
}

/**
 * A placement has done its work when its machine reports so; on a machine that is forgotten nobody ever will.
 * On a lost machine it stays, so that the order is carried out should the machine come back.
 */
export function clearWhatLeft(draft: Draft, unit: string): void {
  const desired = draft.wanted.get(unit)?.value.desired;
  for (const [machine, placement] of draft.world.placementsOf(unit)) {
    if (placement.want === 'run') continue;
    const toGo = placement.want === 'stop' && desired === 'gone';
    const forgotten = draft.isForgotten(machine);
    if (!forgotten && (toGo || !hasLeft(placement, draft.state(unit, machine)))) continue;
    const reason = forgotten
      ? 'the machine is forgotten'
      : placement.want === 'gone'
        ? 'it is gone from the machine'
        : 'it has stopped on the machine';
    draft.step('clear', unit, machine, reason, [[machine, undefined]]);
  }
}

/** Also machines where it runs although no placement names it: its record says in so many words that it must not. */
function tellAll(
  draft: Draft,
  wanted: Revised<WantedUnit>,
  want: 'stop' | 'gone',
  reason: string,
): void {
  const unit = wanted.value.name;
  const kind = want === 'gone' ? 'remove' : 'stop';
  for (const [machine, placement] of draft.world.placementsOf(unit)) {
    if (placement.want === 'gone' || placement.want === want) continue;
    draft.step(kind, unit, machine, reason, [[machine, { ...placement, want, reason }]]);
  }
  for (const machine of straysOf(draft, unit)) {
    const placement = { want, revision: wanted.revision, kind: wanted.value.kind, reason };
    draft.step(kind, unit, machine, reason, [[machine, { ...placement, retiring: false }]]);
  }
}

/** What runs a second time without a placement gets one that lets it go when the chosen one serves. */
function retireStrays(draft: Draft, wanted: Revised<WantedUnit>): void {
  const unit = wanted.value.name;
  const [home] = draft.world.homesOf(unit);
  if (home === undefined) return;
  for (const machine of straysOf(draft, unit)) {
    const reason = `its place is on ${draft.world.nameOf(home)}`;
    const placement = { want: 'run' as const, revision: wanted.revision, kind: wanted.value.kind };
    draft.step('keep', unit, machine, reason, [
      [machine, { ...placement, retiring: true, reason }],
    ]);
  }
}

function straysOf(draft: Draft, unit: string): string[] {
  return draft
    .statesOf(unit)
    .filter(([, state]) => state.phase === 'orphan' && state.active === 'active')
    .map(([machine]) => machine)
    .filter((machine) => draft.world.machine(machine)?.standing === 'ready')
    .filter((machine) => !draft.world.placementsOf(unit).has(machine));
}
