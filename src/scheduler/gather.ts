// Makes the snapshot that plan.ts decides from, out of the mirrors and the verdicts about silent machines.

import { parsePlatformUnitName } from '../model/ids.ts';
import { isServing } from '../model/unit.ts';
import type { Held } from '../registry/registry.ts';
import type { Judgement } from './loss.ts';
import type { Mirrors } from './mirrors.ts';
import type { ClusterSnapshot, MachineRecord, Revised } from './snapshot.ts';

/** `now`: ISO 8601. `refused`: late writes not recorded yet. */
export function gather(
  mirrors: Mirrors,
  judgement: Pick<Judgement, 'lost' | 'suspect' | 'brake'>,
  now: string,
  refused: number,
): ClusterSnapshot {
  const { platformUnits, appUnits, foreignUnits, placements, states, services } = mirrors;
  const units = [...platformUnits.items(), ...appUnits.items(), ...foreignUnits.items()];
  const wish = mirrors.rebalance.get('wish')?.value.id;
  return {
    now,
    units: units.filter(({ ids, value }) => ids[0] === value.name).map(revised),
    machines: machineRecords(mirrors, judgement),
    placements: placements
      .items()
      .map((item) => ({ machine: item.ids[0]!, unit: item.ids[1]!, ...revised(item) })),
    states: states.items().map(({ ids, value }) => ({ machine: ids[0]!, unit: ids[1]!, value })),
    services: services.items().map(({ ids, value, modRevision }) => ({
      app: ids[0]!,
      unit: ids[1]!,
      address: value,
      revision: modRevision,
    })),
    routers: routers(mirrors),
    unschedulable: mirrors.unschedulable
      .items()
      .map((item) => ({ unit: item.ids[0]!, ...revised(item) })),
    status: mirrors.schedulerStatus
      .items()
      .map((item) => ({ topic: item.ids[0]!, ...revised(item) })),
    ...(wish === undefined ? {} : { wish }),
    ...(judgement.brake === undefined ? {} : { brake: judgement.brake }),
    refused,
  };
}

function revised<T>({ value, modRevision }: Held<T>): Revised<T> {
  return { value, revision: modRevision };
}

function machineRecords(
  { machines, alive, lost, orders }: Mirrors,
  judgement: Pick<Judgement, 'lost' | 'suspect'>,
): MachineRecord[] {
  const ids = new Set([machines, alive, lost].flatMap((mirror) => mirror.items().map(idOf)));
  return [...ids].toSorted().map((id) => {
    const reason = judgement.lost.get(id);
    const record = lost.get(id);
    return {
      id,
      machine: machines.get(id)?.value,
      alive: alive.get(id) !== undefined,
      verdict:
        reason !== undefined
          ? { kind: 'lost', reason }
          : { kind: judgement.suspect.has(id) ? 'suspect' : 'ready' },
      orders: machines.get(id)?.value.leaving
        ? { cordon: true, drain: true }
        : (orders.get(id)?.value ?? { cordon: false, drain: false }),
      ...(record ? { lost: revised(record) } : {}),
    };
  });
}

function idOf({ ids }: { ids: string[] }): string {
  return ids[0]!;
}

/**
 * Routers that may be sending requests: those with a heartbeat, and those whose unit serves although their heartbeat is
 * missing (a router cut off from the store goes on with what it knows, so it has to be waited for).
 */
function routers({ routerAlive, routerApplied, placements, states, lost }: Mirrors) {
  const machines = new Set(routerAlive.items().map(idOf));
  for (const { ids, value } of placements.items()) {
    const [machine, unit] = ids as [string, string];
    if (value.want !== 'run' || parsePlatformUnitName(unit)?.component !== 'router') continue;
    if (!lost.get(machine) && isServing(states.get(machine, unit)?.value)) machines.add(machine);
  }
  return [...machines].map((machine) => ({
    machine,
    endpoints: routerApplied.get(machine)?.value.endpoints ?? 0,
  }));
}
