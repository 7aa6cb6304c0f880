// What a builder is given by whoever starts it.

import type { BuildKind } from '../model/app.ts';
import type { Clock } from '../ports/clock.ts';
import type { ControllerHooks } from '../ports/controller-hooks.ts';
import type { Git } from '../ports/git.ts';
import type { Log } from '../ports/log.ts';
import type { RunSshServer } from '../ports/ssh.ts';
import type { Vault } from '../ports/vault.ts';
import type { Registry } from '../registry/registry.ts';

export interface BuildInput {
  app: string;
  /** Commit, 40 hex. */
  sha: string;
  /** Directory with the files of the commit; the build may change it. */
  tree: string;
  /** Config of the app: the build's environment. */
  values: Record<string, string>;
  /** Directory that is kept for the app from one build to the next. */
  cache: string;
}

export interface Built {
  /** In the platform's registry, pushed: `127.0.0.1:5555/blog:git-1a2b3c4d`. */
  image: string;
  kind: BuildKind;
  procfile: Record<string, string>;
  /** `true` when it was built from a Dockerfile, else empty. */
  dockerfile: string;
  appJson?: Record<string, unknown>;
  slugDigest?: string;
}

/**
 * Makes an image of a tree and pushes it. `out` gets what the pusher is to see. Throws DeisError with the reason and the last
 * lines of the failed step. Nothing of it runs on when the signal has aborted.
 */
export type BuildApp = (
  input: BuildInput,
  out: (chunk: string | Buffer) => void,
  signal: AbortSignal,
) => Promise<Built>;

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
