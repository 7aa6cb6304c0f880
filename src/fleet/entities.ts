// Records in the shapes of fleet's API. Fields stand in the order of their names and empty ones are left out, as Go writes them.

import { type Machine, overlaid } from '../model/cluster.ts';
import type { UnitState, WantedUnit } from '../model/unit.ts';
import type { CurrentState } from './current-state.ts';

export interface UnitEntity {
  currentState?: CurrentState;
  desiredState?: string;
  machineID?: string;
  name: string;
  options: { name: string; section: string; value: string }[];
}

/** `currentState` and `machineID` absent: a global unit has neither. */
export function unitEntity(
  { name, desired, options }: WantedUnit,
  where: { currentState?: CurrentState; machine?: string },
): UnitEntity {
  return {
    ...(where.currentState && { currentState: where.currentState }),
    desiredState: desired,
    ...(where.machine !== undefined && { machineID: where.machine }),
    name,
    options: options.map((option) => ({
      ...(option.name !== '' && { name: option.name }),
      ...(option.section !== '' && { section: option.section }),
      ...(option.value !== '' && { value: option.value }),
    })) as UnitEntity['options'],
  };
}

export interface StateEntity {
  hash?: string;
  machineID?: string;
  name: string;
  systemdActiveState?: string;
  systemdLoadState?: string;
  systemdSubState?: string;
}

export function stateEntity(name: string, machine: string, state: UnitState): StateEntity {
  return {
    ...(state.hash !== '' && { hash: state.hash }),
    machineID: machine,
    name,
    systemdActiveState: state.active,
    systemdLoadState: state.load,
    systemdSubState: state.sub,
  };
}

export interface MachineEntity {
  id: string;
  metadata?: Record<string, string>;
  primaryIP?: string;
}

/** `set`: what was laid over the metadata, which the machine's own record may not show yet. */
export function machineEntity(
  { id, ip, metadata }: Machine,
  set: ReadonlyMap<string, string>,
): MachineEntity {
  const labels = Object.entries(overlaid(metadata, set)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    id,
    ...(labels.length > 0 && { metadata: Object.fromEntries(labels) }),
    ...(ip !== '' && { primaryIP: ip }),
  };
}
