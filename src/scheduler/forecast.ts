// What the scheduler would decide about units that nobody wants yet: the same plan over a snapshot that has them. Pure.

import type { WantedUnit } from '../model/unit.ts';
import type { Coming, MachineRoom, PlacementForecast } from '../ports/foresight.ts';
import type { Decision } from './decision.ts';
import { Draft } from './draft.ts';
import { plan } from './plan.ts';
import type { ClusterSnapshot, PlacementRecord } from './snapshot.ts';

/** Of records that are not in the store. */
const NO_REVISION = Number.MAX_SAFE_INTEGER;

export function forecast(snapshot: ClusterSnapshot, { start, gone }: Coming): PlacementForecast {
  const { wish: _, ...present } = snapshot;
  const names = new Set(start.map(({ name }) => name));
  const wanted: ClusterSnapshot = {
    ...present,
    units: [...snapshot.units, ...start.map((value) => ({ value, revision: NO_REVISION }))],
  };
  const decisions = plan(wanted).filter(({ unit }) => unit !== undefined && names.has(unit));
  const records = decisions.flatMap((decision) => placementsOf(decision));
  const meanwhile = { ...wanted, placements: [...snapshot.placements, ...records] };
  const leaving = new Set(gone);
  const after = {
    ...meanwhile,
    units: meanwhile.units.filter(({ value }) => !leaving.has(value.name)),
    placements: meanwhile.placements.filter(({ unit }) => !leaving.has(unit)),
  };
  const machines = new Map(snapshot.machines.map(({ id, machine }) => [id, machine]));
  return {
    placed: records.map(({ unit, machine, value }) => ({
      unit,
      machine: machines.get(machine)?.name ?? machine.slice(0, 8),
      ip: machines.get(machine)?.ip ?? '',
      reason: value.reason,
    })),
    refused: decisions.flatMap((decision) => refusalOf(decision, start)),
    rooms: roomsOf(snapshot, meanwhile, after),
  };
}

function placementsOf({ changes }: Decision): PlacementRecord[] {
  return changes.flatMap((change) => {
    if (change.family !== 'placements' || change.value?.want !== 'run') return [];
    const [machine = '', unit = ''] = change.ids;
    return [{ machine, unit, value: change.value, revision: NO_REVISION }];
  });
}

function refusalOf(
  { kind, unit, changes }: Decision,
  start: readonly WantedUnit[],
): PlacementForecast['refused'] {
  if (kind !== 'refuse' || !start.some(({ name }) => name === unit)) return [];
  return changes.flatMap(({ family, value }) =>
    family === 'unschedulable' && value ? [{ unit: unit!, ...value }] : [],
  );
}

function roomsOf(
  now: ClusterSnapshot,
  meanwhile: ClusterSnapshot,
  after: ClusterSnapshot,
): MachineRoom[] {
  const worlds = [now, meanwhile, after].map((snapshot) => new Draft(snapshot).world);
  return worlds[0]!.machines
    .filter(({ standing }) => standing !== 'lost')
    .map(({ id, name, capacity }) => {
      const [memory, units] = [
        worlds.map((world) => world.memory(id)),
        worlds.map((world) => world.on(id).size),
      ];
      return {
        machine: name,
        capacity: capacity.memory,
        memory: { now: memory[0]!, meanwhile: memory[1]!, after: memory[2]! },
        units: { now: units[0]!, meanwhile: units[1]!, after: units[2]! },
      };
    })
    .toSorted((a, b) => (a.machine < b.machine ? -1 : 1));
}
