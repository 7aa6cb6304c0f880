// What a builder is given by whoever starts it.

import type { Clock } from '../ports/clock.ts';
import type { ControllerHooks } from '../ports/controller-hooks.ts';
import type { Git } from '../ports/git.ts';
import type { Log } from '../ports/log.ts';
import type { RunSshServer } from '../ports/ssh.ts';
import type { Vault } from '../ports/vault.ts';
import type { Registry } from '../registry/registry.ts';
import type { AppToBuild, BuiltApp } from './build/app-build.ts';

/** Makes an image of a tree and pushes it: see build/build.ts. Nothing of it runs on when the signal has aborted. */
export type BuildApp = (
  input: AppToBuild,
  show: (text: string) => void,
  signal: AbortSignal,
) => Promise<BuiltApp>;

export interface BuilderNeeds {
  registry: Registry;
  vault: Vault;
  clock: Clock;
  log: Log;
  git: Git;
  hooks: ControllerHooks;
  ssh: RunSshServer;
  newHostKey: () => string;
  build: BuildApp;
  /** Two builders of one machine never run at the same time: its id names the holder of locks. */
  machine: { id: string; name: string; ip: string };
  listen: { host: string; port: number };
  /** Directory on the machine's disk. */
  state: string;
}
