// Reads all that `deisctl status` shows from the store.

import type { UnitState } from '../../model/unit.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { machineRows } from './machines.ts';
import type { OverviewRecords } from './overview.ts';
import { byId } from './read.ts';

export async function readOverview(
  registry: Registry,
  signal: AbortSignal,
): Promise<OverviewRecords> {
  const [machines, alive, lost, orders, states, unschedulable, scheduler, routers, leader, turn] =
    await Promise.all([
      registry.list(keys.machines, [], signal),
      registry.list(keys.alive, [], signal),
      registry.list(keys.lost, [], signal),
      registry.list(keys.orders, [], signal),
      registry.list(keys.states, [], signal),
      registry.list(keys.unschedulable, [], signal),
      registry.list(keys.schedulerStatus, [], signal),
      registry.list(keys.routerApplied, [], signal),
      registry.get(keys.leaders, ['scheduler'], signal),
      registry.get(keys.reboots, ['turn'], signal),
    ]);
  const wanted = await Promise.all([
    registry.list(keys.platformUnits, [], signal),
    registry.list(keys.appUnits, [], signal),
    registry.list(keys.foreignUnits, [], signal),
  ]);
  const listings = [machines, states, unschedulable, scheduler, routers, ...wanted];
  return {
    machines: machineRows({
      machines: machines.items.map(({ value }) => value),
      alive: byId(alive.items),
      lost: byId(lost.items),
      orders: byId(orders.items),
    }),
    records: byId(machines.items),
    lost: byId(lost.items),
    leader: leader?.value,
    turn: turn?.value,
    wanted: wanted.flatMap(({ items }) => items.map(({ value }) => value)),
    states: states.items.map(
      ({ ids, value }): { machine: string; unit: string; state: UnitState } => ({
        machine: ids[0]!,
        unit: ids[1]!,
        state: value,
      }),
    ),
    unschedulable: byId(unschedulable.items),
    scheduler: byId(scheduler.items),
    routers: byId(routers.items),
    malformed: listings.flatMap(({ malformed }) => malformed),
  };
}
