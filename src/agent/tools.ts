// What the agent's actions work with, handed to each of them.

import type { Clock } from '../ports/clock.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import type { Log } from '../ports/log.ts';
import type { Refusal, UnitFile, UnitManager } from '../ports/unit-manager.ts';
import type { Batch } from './batch.ts';
import type { ExclusiveLocks } from './exclusive-locks.ts';
import type { Fenced } from './fence.ts';
import type { HostPorts } from './host-ports.ts';
import type { Limit } from '../daemon/limit.ts';
import type { Prepare } from './prepare.ts';
import type { Roster } from './roster.ts';
import type { Routers } from './routers.ts';
import type { States } from './states.ts';

export interface Tools {
  roster: Roster;
  units: UnitManager;
  engine: ContainerEngine;
  fenced: Fenced;
  routers: Routers;
  states: States;
  ports: HostPorts;
  locks: ExclusiveLocks;
  prepare: Prepare;
  /** Unit files to install together: one reload for all. Answers the refusal, if any. */
  installs: Batch<UnitFile, Refusal | undefined>;
  /** Names to take away together. */
  removals: Batch<string, void>;
  starts: Limit;
  stops: Limit;
  /** Folder of the waiter's files. */
  waiterDirectory: string;
  machineIp: string;
  clock: Clock;
  log: Log;
  hint: () => void;
}
