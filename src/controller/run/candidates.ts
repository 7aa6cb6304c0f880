// Machines as the choice of one for a one-off container sees them.

import { bytesOn, reservationOf } from '../../model/capacity.ts';
import { keys } from '../../registry/keys.ts';
import type { RunCandidate } from '../rules/run-machine.ts';
import type { Services } from '../services.ts';

interface Load {
  containers: number;
  reserved: number;
  hasImage: boolean;
}

/** `image`: reference of the release that will run. */
export async function runCandidates(
  { registry, world }: Pick<Services, 'registry' | 'world'>,
  image: string,
  signal: AbortSignal,
): Promise<RunCandidate[]> {
  const [machines, alive, lost, orders] = await Promise.all([
    registry.list(keys.machines, [], signal),
    registry.list(keys.alive, [], signal),
    registry.list(keys.lost, [], signal),
    registry.list(keys.orders, [], signal),
  ]);
  const living = new Set(alive.items.map(({ ids }) => ids[0]));
  const gone = new Set(lost.items.map(({ ids }) => ids[0]));
  const ordered = new Map(orders.items.map(({ ids, value }) => [ids[0], value]));
  const loads = loadsOf(world, image);
  return machines.items.map(({ value: machine }) => ({
    machine,
    alive: living.has(machine.id) && !gone.has(machine.id),
    orders: ordered.get(machine.id),
    ...(loads.get(machine.id) ?? { containers: 0, reserved: 0, hasImage: false }),
  }));
}

/** By machine id, from placements of app units. */
function loadsOf(world: Services['world'], image: string): Map<string, Load> {
  const loads = new Map<string, Load>();
  for (const { ids, value } of world.placements.items()) {
    if (value.want !== 'run') continue;
    const [machine, name] = ids as [string, string];
    const load = loads.get(machine) ?? { containers: 0, reserved: 0, hasImage: false };
    const unit = world.units.get(name)?.value;
    load.containers += 1;
    if (unit) load.reserved += bytesOn(reservationOf(unit), 0);
    if (unit?.process?.image === image) load.hasImage = true;
    loads.set(machine, load);
  }
  return loads;
}
