// What the scheduler decides: data with a reason, carried out by commit.ts.

import type { Lost, Placement, SchedulerStatus, Unschedulable } from '../model/cluster.ts';
import type { UnitKind } from '../model/unit.ts';

export type DecisionKind =
  | 'place' // run it on a machine
  | 'adopt' // it runs there already, without a placement
  | 'update' // run the newer revision where it is
  | 'move' // start it elsewhere; the old one is retired, or stopped if it serves nobody
  | 'keep' // the move is called off, or one of several is chosen
  | 'stop'
  | 'remove'
  | 'clear' // a key has done its work and is deleted
  | 'lose' // declare a machine lost, and remove what it reported
  | 'return' // a lost machine is back
  | 'refuse' // say why a unit runs nowhere
  | 'report'; // say something to people, or take it back

/** Values of the families that the scheduler writes; `never`: it only deletes there (the exception of a lost machine). */
export interface Families {
  placements: Placement;
  lost: Lost;
  unschedulable: Unschedulable;
  schedulerStatus: SchedulerStatus;
  states: never;
  services: never;
}

/** `value` null deletes. `revision`: the key must still be at it (0: must not exist); absent: whatever it is at. */
export type Change = {
  [F in keyof Families]: {
    family: F;
    ids: string[];
    value: Families[F] | null;
    revision?: number;
  };
}[keyof Families];

/** What else must hold when the changes are written. */
export type Requirement =
  | { kind: 'unit-unchanged'; unitKind: UnitKind; unit: string; revision: number }
  | { kind: 'machine-silent'; machine: string };

/** At most 100 changes, written in one transaction or not at all. */
export interface Decision {
  kind: DecisionKind;
  unit?: string;
  machine?: string;
  /** A sentence for people: the same in the log, the record and the test. */
  reason: string;
  changes: Change[];
  requires: Requirement[];
}
