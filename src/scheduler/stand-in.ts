// One of several instances of a component may end when its machine is drained and no other machine has room for it: another one serves.

import type { MachineView } from '../model/constraints.ts';
import { isServing, type WantedUnit } from '../model/unit.ts';
import type { Draft } from './draft.ts';

/**
 * Name of an instance like this one, of the same formation, that serves on a machine which stays; undefined: it would be the last.
 * Only an operator's drain asks: a machine that is shut down stops its units by itself, and has them again when it is back.
 */
export function standIn(
  draft: Draft,
  wanted: WantedUnit,
  machine: MachineView,
): string | undefined {
  const { group } = draft.tenant(wanted.name).spread;
  if (wanted.kind !== 'platform' || group === undefined) return undefined;
  const record = draft.snapshot.machines.find(({ id }) => id === machine.id);
  if (record?.machine?.leaving) return undefined;
  const { home } = draft.tenant(wanted.name).demand;
  return [...draft.wanted.values()]
    .map(({ value }) => value)
    .filter(
      ({ name, kind, desired }) =>
        kind === wanted.kind && desired === 'launched' && name !== wanted.name,
    )
    .filter(({ name }) => draft.tenant(name).spread.group === group)
    .filter(({ name }) => isSamePlace(draft.tenant(name).demand.home, home))
    .map(({ name }) => name)
    .toSorted()
    .find((name) => servesElsewhere(draft, name));
}

function servesElsewhere(draft: Draft, name: string): boolean {
  return draft.world.homesOf(name).some((id) => {
    const machine = draft.world.machine(id);
    if (machine?.standing !== 'ready' || machine.draining) return false;
    return isServing(draft.state(name, id));
  });
}

function isSamePlace(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
