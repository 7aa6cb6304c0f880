// Apps and what they consist of: builds, configs, releases, and the processes a release runs.

/** HTTP (`path` given), command or TCP check on the container's own address. Times in seconds. */
export interface HealthCheck {
  path?: string;
  /** Run in the container instead: healthy while it ends with 0. */
  command?: string[];
  initialDelay: number;
  timeout: number;
  /** Time between probes once it has been healthy. */
  interval: number;
  /** Failures in a row that withdraw it. */
  failures: number;
  /** Asked first: only when it has answered once, the check itself begins. */
  startPath?: string;
  startCommand?: string[];
  /** What fails here is restarted. */
  live?: LiveCheck;
  /** Withdraw it also when it is its app's last upstream. */
  withdrawLast?: boolean;
}

/** As HealthCheck; it counts from its first success on. */
export interface LiveCheck {
  path?: string;
  command?: string[];
  initialDelay: number;
  timeout: number;
  interval: number;
  failures: number;
}

/** One process of a release as the agent must run it. Config values are not here: `config` names their record. */
export interface AppProcess {
  app: string;
  release: number;
  type: string;
  num: number;
  /** Image reference, by digest once it is in the platform's registry. */
  image: string;
  /** Arguments to start; null means the image's own ENTRYPOINT and CMD. A Procfile line is ['/bin/sh','-c',line]. */
  command: string[] | null;
  entrypoint?: string[];
  /** Id of the config record in /deis/configs/<app>/<id>. */
  config: string;
  /** Routed process types (`web`, `cmd`) get a host port, a health check and an upstream. */
  routed: boolean;
  /** Port in the container; null: the agent takes PORT from config, else the single EXPOSEd port, else 5000. */
  port: number | null;
  check: HealthCheck;
  /** Bytes; absent: no limit. */
  memory?: number;
  /** Docker cpu shares, 2..1024; absent: no limit. */
  cpuShares?: number;
  /** Seconds between SIGTERM and SIGKILL. */
  stopTimeout: number;
  /** Seconds a withdrawn container may go on serving requests that have begun. */
  drainTimeout: number;
}

export interface App {
  id: string;
  uuid: string;
  owner: string;
  /** Wanted number per process type, e.g. {web: 3}. */
  structure: Record<string, number>;
  /** Where it runs and is routed; absent: in the default one. */
  formation?: string;
  /** The release that is live, i.e. what the last finished deployment left running. */
  release: number;
  /** ISO 8601, UTC. */
  created: string;
  updated: string;
}

export type BuildKind = 'dockerfile' | 'buildpack' | 'procfile';

/** An image and its process table, from a push or a registry. */
export interface Build {
  uuid: string;
  app: string;
  owner: string;
  /** As the user named it. */
  image: string;
  /** What machines pull: `127.0.0.1:5555/<app>@sha256:…`. */
  reference: string;
  sha: string;
  procfile: Record<string, string>;
  dockerfile: string;
  /** What the builder made it from; absent for an image that was named. */
  kind?: BuildKind;
  /** Digest of the slug, a layer of the image: `sha256:…`. */
  slug?: string;
  /** Id of the kept build log. */
  log?: string;
  /** What app.json says, as far as it is read. */
  appJson?: Record<string, unknown>;
  created: string;
  updated: string;
}

/** One immutable set of settings of an app. `values` are stored encrypted with the platform key. */
export interface Config {
  uuid: string;
  app: string;
  owner: string;
  /** Sealed JSON object of string values: see ports/vault.ts. */
  values: string;
  /** Per process type, as the user wrote it: `512M`. */
  memory: Record<string, string>;
  /** Per process type: shares 0..1024. */
  cpu: Record<string, number>;
  tags: Record<string, string>;
  created: string;
  updated: string;
}

/** A numbered pair of build and config. Version 1 has no build. */
export interface Release {
  uuid: string;
  app: string;
  owner: string;
  version: number;
  summary: string;
  /** uuid of the config. */
  config: string;
  /** uuid of the build. */
  build: string | null;
  /** What became of it: a release whose deployment failed is kept for the ledger but never rolled back to. */
  state: 'pending' | 'live' | 'superseded' | 'failed';
  created: string;
  updated: string;
}

export interface User {
  username: string;
  email: string;
  firstName: string;
  lastName: string;
  /** scrypt hash, self-describing text. */
  password: string;
  isSuperuser: boolean;
  isActive: boolean;
  dateJoined: string;
  lastLogin: string | null;
}

/** Found by the SHA-256 of the token: the token itself is never stored. */
export interface Token {
  username: string;
  created: string;
}

/** A collaborator of an app: exists or not. */
export interface Permission {
  since: string;
}

/** What happened to an app, in words, newest last: shown between its own log lines. */
export interface History {
  lines: { at: string; text: string }[];
}
