// What the controller's handlers work with: the store, and the ports to everything that is not the store.

import type { AppLogs } from '../ports/app-logs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Foresight } from '../ports/foresight.ts';
import type { Images } from '../ports/image-registry.ts';
import type { Log } from '../ports/log.ts';
import type { MachineRuns } from '../ports/machine-runs.ts';
import type { Passwords } from '../ports/password.ts';
import type { Vault } from '../ports/vault.ts';
import type { Registry } from '../registry/registry.ts';
import type { Throttles } from './throttle.ts';
import type { Turns } from './turns.ts';
import type { World } from './deployment/world.ts';

export interface Services {
  registry: Registry;
  vault: Vault;
  clock: Clock;
  log: Log;
  images: Images;
  logs: AppLogs;
  runs: MachineRuns;
  passwords: Passwords;
  world: World;
  throttles: Throttles;
  turns: Turns;
  foresight: Foresight;
  /** Of a call that only wants to know: changes of apps are looked at, not made. */
  isDryRun?: boolean;
}

export function isoNow(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}
