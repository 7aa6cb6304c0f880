// A Global unit: one on every machine that matches, placed and taken away machine by machine.

import { eligible, evictionProblem } from '../model/constraints.ts';
import type { WantedUnit } from '../model/unit.ts';
import type { Draft } from './draft.ts';
import { runOn, stopped } from './move.ts';
import type { Revised } from './snapshot.ts';

export function settleGlobal(draft: Draft, wanted: Revised<WantedUnit>): void {
  const { world } = draft;
  const unit = wanted.value.name;
  const { demand } = draft.tenant(unit);
  for (const machine of world.machines) {
    const placement = world.placementsOf(unit).get(machine.id);
    if (placement && draft.isForgotten(machine.id)) {
      draft.step('clear', unit, machine.id, 'the machine is forgotten', [[machine.id, undefined]]);
    } else if (placement?.want === 'run') {
      const problem = evictionProblem(demand, machine, world);
      if (problem) {
        draft.step('stop', unit, machine.id, problem.words, [
          [machine.id, stopped(draft, unit, machine.id, problem.words)],
        ]);
      } else if (placement.revision < wanted.revision || placement.retiring) {
        const reason = `the unit changed at revision ${wanted.revision}`;
        draft.step('update', unit, machine.id, reason, [[machine.id, runOn(wanted, reason)]]);
      }
    } else if (eligible(demand, [machine], world)[0]!.problem === undefined) {
      const reason = 'it is wanted on every machine that matches';
      draft.step('place', unit, machine.id, reason, [[machine.id, runOn(wanted, reason)]]);
    }
  }
}
