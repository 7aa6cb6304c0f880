// What an agent is made of: handed in by main.ts, or by a test.

import type { UnitState } from '../model/unit.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import type { Log } from '../ports/log.ts';
import type { MachineFacts } from '../ports/machine-facts.ts';
import type { Templates } from '../ports/templates.ts';
import type { UnitManager } from '../ports/unit-manager.ts';
import type { Vault } from '../ports/vault.ts';
import type { Registry } from '../registry/registry.ts';
import type { Departure } from './departure.ts';
import type { Probe } from './probe.ts';

export interface AgentPaths {
  /** Survives a reboot: `/var/lib/deis`. */
  state: string;
  /** Ends with the boot: `/run/deis`. */
  runtime: string;
  /** OCI archive of the platform's own image: `/opt/deis/images/platform.tar`. */
  platformArchive: string;
  /** What is in it: `/opt/deis/images/platform.json`. */
  platformNote: string;
}

export interface AgentOptions {
  registry: Registry;
  units: UnitManager;
  engine: ContainerEngine;
  vault: Vault;
  templates: Templates;
  clock: Clock;
  log: Log;
  facts: MachineFacts;
  paths: AgentPaths;
  /** Told once: how this machine is left before it is shut down. */
  onDeparture?: (departure: Pick<Departure, 'leave' | 'move' | 'stay'>) => void;
  /** What this machine reports of a unit, as it changes; undefined: nothing any more. */
  onState?: (unit: string, state: UnitState | undefined) => void;
  /** For tests; else the real one. */
  probe?: Probe;
  isPortInUse?: (port: number) => Promise<boolean>;
}
