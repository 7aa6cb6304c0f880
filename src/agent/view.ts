// What the agent knows of one unit when it decides: what is wanted, what is there, and what it is doing about it.

import type { HealthCheck } from '../model/app.ts';
import type { Placement } from '../model/cluster.ts';
import type { Health, UnitKind } from '../model/unit.ts';
import type { UnitActivity } from '../ports/unit-manager.ts';

/** Where a routed unit answers. */
export interface Routed {
  /** App (or host label) whose upstream it is. */
  app: string;
  /** Port on the machine: routers connect here. */
  hostPort: number;
  /** Where to probe: on the container's own address (`bridge`) or on the machine's (`host`). */
  network: 'bridge' | 'host';
  containerPort: number;
  check: HealthCheck;
}

/** A wanted unit made ready for this machine: everything is decided, nothing is left to ask the cluster. */
export interface Prepared {
  /** Store revision of the wanted unit it was made from. */
  revision: number;
  /** WantedUnit.restarts. */
  restarts: number;
  /** Whether it is to be started: false for `loaded`. */
  launch: boolean;
  /** Unit file. */
  content: string;
  /** Digest of the container's spec; empty for a unit without a container of ours. */
  digest: string;
  /** Over content and digest: what differs here must be replaced. */
  fingerprint: string;
  /** fleet's UnitState.hash. */
  hash: string;
  /** When it ended by itself and systemd does not start it again: do so, do so only if it failed, or leave it. */
  revive: 'always' | 'failed' | 'never';
  /** `[X-Deis] OnDisconnect=stop`: runs only while it holds its lock in the store. */
  exclusive: boolean;
  /** Image it needs. */
  image?: string;
  routed?: Routed;
  /** Only of one that gets no requests: see `checkOf`. */
  check?: HealthCheck;
  /** Seconds. */
  drainTimeout: number;
  /** How long systemd takes at most to stop it, SIGKILL included, s. */
  stopLimit: number;
}

/** What is asked of its container. */
export function checkOf(prepared: Prepared | undefined): HealthCheck | undefined {
  return prepared?.routed?.check ?? prepared?.check;
}

/** What was asked of systemd in this boot; kept under /run like systemd's own memory. */
export interface Started {
  fingerprint: string;
  restarts: number;
}

/** An upstream of this unit in the store: `address` is `host:port`, `revision` the store revision that put it there or took it away. */
export interface Upstream {
  app: string;
  address: string;
  revision: number;
}

/** Work in flight on a unit; plan.ts never orders two at a time. `life` works on the unit, `route` on its upstream. */
export interface Busy {
  life?: string;
  route?: string;
}

export interface UnitView {
  name: string;
  kind: UnitKind;
  /** The scheduler's word; undefined: none names it. */
  placement?: Placement;
  /** From the last revision that could be read; may be older than `placement.revision`. */
  prepared?: Prepared;
  /** Fingerprint of what is installed; `other` for a file of ours that nobody remembers; undefined: no file. */
  installed?: string;
  started?: Started;
  /** A container of it that has stopped is still here: after a loss of power it outlives the unit's file. */
  remains: boolean;
  /** Undefined: not loaded in systemd. */
  activity?: UnitActivity;
  health: Health;
  /** Our upstream in the store, as far as we know. */
  published?: Upstream;
  /** A replacement on another machine has taken our upstream over. */
  takenOver: boolean;
  /** Since when routers have been told not to send to it any more. */
  withdrawn?: Upstream;
  /** Every router has confirmed, or the deadline has passed. */
  drained: boolean;
  busy: Busy;
  /** Monotonic ms: no new step on the unit, or on its upstream, before. */
  notBefore: number;
  routeNotBefore: number;
  /** The last problem in words. */
  message?: string;
  /** It holds the lock it needs, or needs none. */
  locked: boolean;
  /** The exclusive unit has lost its lock: down with it. */
  lockLost: boolean;
  /** Why one of its checks wants it restarted. */
  unwell?: string;
}

/** All units at one moment. `machineIp` is where routers reach this machine. */
export interface Snapshot {
  units: readonly UnitView[];
  machineIp: string;
  /** Monotonic ms. */
  now: number;
  /** The store has been read since the start: absence means absent. False: orders come from the disk. */
  synced: boolean;
  /** The store takes our writes: without it nothing can be published or withdrawn, so nothing that serves is stopped. */
  writable: boolean;
  /** This machine is being shut down and what could move has moved: what is left is withdrawn, and nothing is published. */
  withdrawing?: boolean;
}

/** systemd has it running, or is about to, or is still stopping it. */
export function isUp(activity: UnitActivity | undefined): boolean {
  return activity !== undefined && !['inactive', 'failed'].includes(activity.active);
}

/** Something of it that does not run is on this machine. */
export function isHere({ installed, remains }: UnitView): boolean {
  return installed !== undefined || remains;
}

/** The address routers use, if it is a routed unit. */
export function addressOf(unit: Pick<UnitView, 'prepared'>, machineIp: string): string | undefined {
  const routed = unit.prepared?.routed;
  return routed && `${machineIp}:${routed.hostPort}`;
}
