// A wanted unit (what somebody asked for) and a unit state (what a machine reports of it).

import type { AppProcess } from './app.ts';

/** One `name=value` line of a unit file in its section; order and repetitions matter. */
export interface UnitOption {
  section: string;
  name: string;
  value: string;
}

/** Where a wanted unit comes from; each kind has its own writer (see registry/keys.ts). */
export type UnitKind = 'platform' | 'app' | 'foreign';

/**
 * `inactive`: known, on no machine. `loaded`: on a machine, not started. `launched`: started.
 * `gone`: to be drained, stopped and removed; the record is deleted when no machine has it any more.
 */
export type DesiredState = 'inactive' | 'loaded' | 'launched' | 'gone';

export interface WantedUnit {
  name: string;
  kind: UnitKind;
  desired: DesiredState;
  /** The unit file as options. For kind `app` only its [X-Fleet] and [X-Deis] part: the agent renders the rest. */
  options: UnitOption[];
  /** Raised by one to have a launched unit drained, stopped and started again. */
  restarts: number;
  /** Only for kind `app`: what to run. */
  process?: AppProcess;
}

/**
 * Life of a unit on a machine as the agent sees it:
 * pending → pulling → starting → running → draining → stopping → stopped → gone; failed when systemd gave up;
 * `orphan`: it runs here although no placement names it (reported, never stopped).
 */
export type UnitPhase =
  | 'pending'
  | 'pulling'
  | 'starting'
  | 'running'
  | 'draining'
  | 'stopping'
  | 'stopped'
  | 'gone'
  | 'failed'
  | 'orphan';

/** `none`: this unit has no health check of ours; it counts as healthy while systemd says active. */
export type Health = 'none' | 'unknown' | 'healthy' | 'unhealthy';

/** What one machine reports of one unit. Times in ms since the epoch of that machine's clock (for people only). */
export interface UnitState {
  /** systemd's LoadState, ActiveState, SubState. */
  load: string;
  active: string;
  sub: string;
  phase: UnitPhase;
  health: Health;
  /** Store revision of the wanted unit that this state is about. */
  revision: number;
  /** SHA-1 of the serialised unit file (fleet's UnitState.hash). */
  hash: string;
  /** WantedUnit.restarts that has been carried out. */
  restarts: number;
  /** How often systemd restarted it by itself since it was started. */
  crashes: number;
  since: number;
  /** `host:port` where it answers, once a port is chosen. */
  address?: string;
  /** Store revision at which its upstream was published; absent while it is not published by this machine. */
  published?: number;
  containerId?: string;
  startedAt?: string;
  exitCode?: number;
  /** It ended because it reached its memory limit. */
  outOfMemory?: boolean;
  /** How its container ended the last time that it did so by itself, kept when it runs again: a verdict about crashes needs it. */
  lastEnd?: { exitCode: number; outOfMemory: boolean };
  /** The last problem in words a person understands: why it is not running, or not healthy. */
  message?: string;
  /** Progress of a drain: routers not yet confirmed, and when it is cut short (ms since the epoch). */
  drain?: { waitingFor: string[]; deadline: number };
}

/** Healthy enough to count as a replacement or as serving: active, and every check it has passes. */
export function isServing(state: UnitState | undefined): boolean {
  if (!state || state.phase !== 'running' || state.active !== 'active') return false;
  return state.health === 'healthy' || state.health === 'none';
}
