// The web server of a router, in domain words: what it serves, how a change becomes true, and what still runs.

import type { Affinity } from '../model/app-routing.ts';
import type { Network } from '../model/network.ts';

/** What holds for the requests of a group beyond where they go; all optional, absent: as the configuration says. */
export interface Policy {
  /** Largest body, bytes; 0: no limit. */
  body?: number;
  /** Seconds. */
  connect?: number;
  send?: number;
  read?: number;
  affinity?: Affinity;
  /** Only these clients are let in; empty: nobody. */
  allow?: Network[];
  /** HTML to answer everything with, as 503; empty: the server's own page. */
  maintenance?: string;
  /** Redirect to https. */
  https?: true;
  /** `name:pbkdf2-sha256:<iterations>:<salt, hex>:<hash, hex>`: the name and password to ask for. */
  auth?: string;
}

/** A certificate with its chain and its key, PEM. */
export interface Bundle {
  certificate: string;
  key: string;
}

/** The whole truth about routes. Replaced as one; a change needs no reload. */
export interface Routes {
  /** Full host name, or `*.` and a domain → upstream group; `-`: nobody. The longest name that fits wins. */
  hosts: Record<string, string>;
  /** Upstream group → what else holds for it. */
  policies: Record<string, Policy>;
  /** Host name, `*.` and a domain, or `*` for all others → id of a bundle. */
  certificates: Record<string, string>;
  /** The bundles that `certificates` names; the same id is always the same bundle. */
  bundles: ReadonlyMap<string, Bundle>;
  /** Tokens of an authority that asks whether a domain is ours → the answer (RFC 8555, section 8.3). */
  challenges: Record<string, string>;
  /** Upstream group → addresses `ip:port`; an empty list answers 503. */
  groups: Record<string, string[]>;
  /** Ips that do not answer now: used only when a group has nothing else. */
  down: string[];
  /** Every answer says `Connection: close`: the server is about to end. */
  closing: boolean;
  /** And /health-check answers 503. */
  leaving: boolean;
}

/** Configuration that needs a reload. */
export interface ServerFile {
  text: string;
  /** Names this text: workers tell which one they run. One word. */
  revision: string;
  /** Number of workers that the text asks for. */
  workers: number;
  /** Further files the text names, below `layout.assets`: file name → text. Readable by the server's master only. */
  assets: Record<string, string>;
}

/** Where the server keeps what its configuration must name; absolute paths. */
export interface ServerLayout {
  prefix: string;
  control: string;
  lua: string;
  routes: string;
  assets: string;
  pid: string;
  accessLog: string;
  errorLog: string;
}

/** What runs at one moment. */
export interface ServerState {
  /** Requests running per address, counted over all living workers; frozen ones and those that are shutting down too. */
  busy: Map<string, number>;
  /** False while workers live that neither follow commits nor are counted (their master died): nothing may be claimed then. */
  settled: boolean;
}

export interface WebServer {
  readonly layout: ServerLayout;
  /** True while its master process lives. */
  running(): boolean;
  /**
   * Starts it, or takes over one that survived its agent; it listens only after `routes` are loaded. `onDeath` is called when it ends by itself.
   * Throws 'refused' with the server's words when it does not take the file, 'unavailable' when it does not come up.
   */
  start(file: ServerFile, routes: Routes, onDeath: () => void, signal: AbortSignal): Promise<void>;
  /** When it resolves, no worker – frozen or shutting down ones included – will ever choose by an older commit. Throws 'unavailable' if that cannot be had now. */
  commit(routes: Routes, signal: AbortSignal): Promise<void>;
  state(signal: AbortSignal): Promise<ServerState>;
  /** Throws 'refused' with the server's words; nothing has changed then. */
  test(file: ServerFile, signal: AbortSignal): Promise<void>;
  /** Swaps the file in and reloads; resolves when all new workers run it and old ones, who keep their connections, accept none. Throws 'unavailable' after putting the old file back. */
  reload(file: ServerFile, signal: AbortSignal): Promise<void>;
  /** Stops accepting, lets running requests end for at most `patience` ms, then ends them; resolves when nothing runs. */
  quit(patience: number, signal: AbortSignal): Promise<void>;
}
