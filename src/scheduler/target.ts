// Where a unit may go together with all that must be with it.

import { bytesOn, formatBytes } from '../model/capacity.ts';
import { CONSTRAINTS, type MachineView } from '../model/constraints.ts';
import { choose, type Score } from './choose.ts';
import type { Draft } from './draft.ts';
import type { Peers } from './peers.ts';

type Accepts = (machine: MachineView, score: Score) => boolean;

/** One bad companion must not keep the others from running: if all together fit nowhere, the unit goes alone. */
export function findTarget(
  draft: Draft,
  peers: Peers,
  unit: string,
  accepts: Accepts = () => true,
): MachineView | undefined {
  const { world, candidates } = draft;
  const tenant = draft.tenant(unit);
  const companions = peers.companionsOf(unit);
  const together: Accepts = (machine, score) =>
    accepts(machine, score) && problemOfCompany(draft, peers, unit, machine) === undefined;
  return (
    (companions.length > 0 ? choose(world, candidates, tenant, together) : undefined) ??
    choose(world, candidates, tenant, accepts)
  );
}

/** What keeps the companions from being there with `unit`, in words. */
function problemOfCompany(
  draft: Draft,
  peers: Peers,
  unit: string,
  machine: MachineView,
): string | undefined {
  const { world } = draft;
  let bytes = bytesOn(draft.tenant(unit).demand.reserved, machine.capacity.memory);
  for (const companion of peers.companionsOf(unit)) {
    const homes = world.homesOf(companion);
    if (homes.includes(machine.id)) continue;
    if (homes.length > 0 && !peers.follows(companion, unit)) return `${companion} is elsewhere`;
    const { demand } = draft.tenant(companion);
    for (const row of CONSTRAINTS) {
      const words = row.name === 'MachineOf' ? undefined : row.problem(demand, machine, world);
      if (words !== undefined) return `${companion}: ${words}`;
    }
    bytes += bytesOn(demand.reserved, machine.capacity.memory);
  }
  const free = machine.capacity.memory - world.memory(machine.id);
  if (machine.capacity.memory === 0 || bytes <= free) return undefined;
  return `together they reserve ${formatBytes(bytes)}, ${formatBytes(free)} are free`;
}
