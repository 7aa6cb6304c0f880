// What the scheduler decides from: one value, gathered by gather.ts, read by plan.ts and nobody else.

import type {
  Lost,
  Machine,
  Orders,
  Placement,
  SchedulerStatus,
  Unschedulable,
} from '../model/cluster.ts';
import type { UnitState, WantedUnit } from '../model/unit.ts';

/** A record with the store revision at which it was last changed. */
export interface Revised<T> {
  value: T;
  revision: number;
}

export interface MachineRecord {
  /** Undefined: forgotten, only traces of it are left. */
  machine: Machine | undefined;
  id: string;
  alive: boolean;
  /** Verdict of loss.ts; `lost` with its reason: to be declared now. */
  verdict: { kind: 'ready' } | { kind: 'suspect' } | { kind: 'lost'; reason: string };
  orders: Orders;
  lost?: Revised<Lost>;
}

export interface PlacementRecord extends Revised<Placement> {
  machine: string;
  unit: string;
}

export interface ServiceRecord {
  app: string;
  unit: string;
  /** `host:port`. */
  address: string;
  revision: number;
}

export interface ClusterSnapshot {
  /** ISO 8601, UTC: for records only, no rule depends on it. */
  now: string;
  units: Revised<WantedUnit>[];
  machines: MachineRecord[];
  placements: PlacementRecord[];
  states: { machine: string; unit: string; value: UnitState }[];
  services: ServiceRecord[];
  /** Routers that may be sending requests, and the endpoints revision each has confirmed (0: none yet). */
  routers: { machine: string; endpoints: number }[];
  unschedulable: (Revised<Unschedulable> & { unit: string })[];
  status: (Revised<SchedulerStatus> & { topic: string })[];
  /** Id of the rebalance that an operator asked for last. */
  wish?: string;
  /** Why losses are not declared now, in words. */
  brake?: string;
  /** Late writes that were refused since they were last recorded. */
  refused: number;
}
