// What other services would do about a change that is not made: nothing is written, nothing is started.

import type { WantedUnit } from '../model/unit.ts';

/** Containers that would be started, and names of units that would go afterwards. */
export interface Coming {
  start: readonly WantedUnit[];
  gone: readonly string[];
}

/** Bytes of memory that containers have reserved, and how many units there are: now, while old and new run, and in the end. */
export interface MachineRoom {
  machine: string;
  /** Bytes; 0 when it is not known. */
  capacity: number;
  memory: { now: number; meanwhile: number; after: number };
  units: { now: number; meanwhile: number; after: number };
}

export interface PlacementForecast {
  /** `machine`: its name. `ip`: where routers would reach it. */
  placed: { unit: string; machine: string; ip: string; reason: string }[];
  refused: { unit: string; reason: string; machines: Record<string, string> }[];
  rooms: MachineRoom[];
}

export interface HostTexts {
  before: string;
  after: string;
}

export interface Foresight {
  /** The unit file of an app's container, as machines with this version of systemd write it. */
  unitText(unit: WantedUnit, systemd: number): string;
  /** Where the scheduler would place it as the cluster is now. Throws DeisError('unavailable') when that cannot be seen. */
  placements(coming: Coming, signal: AbortSignal): Promise<PlacementForecast>;
  /** What routers serve of the app now and would serve in the end. `gone`: units; `upstreams`: of the new ones. */
  hosts(
    app: string,
    change: { gone: readonly string[]; upstreams: readonly string[] },
    signal: AbortSignal,
  ): Promise<HostTexts>;
}
