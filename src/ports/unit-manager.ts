// The host's service manager in domain words: unit files in, jobs started, states told as they change.

export interface UnitFile {
  /** `app_v3.web.1.service`, `deis-router@1.service`, or a template `x@.service`. */
  name: string;
  content: string;
}

/** A unit file that was not installed, and why; the others of its batch were. */
export interface Refusal {
  name: string;
  reason: string;
}

/** systemd's LoadState, ActiveState and SubState. */
export interface UnitActivity {
  name: string;
  load: string;
  active: string;
  sub: string;
}

export interface UnitDetail extends UnitActivity {
  /** How often the manager restarted it by itself (NRestarts). */
  restarts: number;
  /** Exit status of the last main process (ExecMainStatus); 0 while none has ended. */
  exitCode: number;
  /** 0: none. */
  mainPid: number;
  /** Why it failed, in the manager's words: `success`, `exit-code`, `signal`, `timeout`, … */
  result: string;
  /** What the unit says of itself (sd_notify STATUS=): the waiter tells here why it waits. Often empty. */
  text: string;
}

/**
 * How a job ended. `done`: the unit is up (for Type=notify: it said so) or down as asked. `refused`: the manager
 * would not even queue it (not found, masked, bad setting). The others are systemd's own words (JobRemoved).
 */
export interface JobOutcome {
  result: 'done' | 'failed' | 'timeout' | 'canceled' | 'dependency' | 'skipped' | 'refused';
  /** Words for a person; empty when done. */
  reason: string;
}

/** Told about units which this manager installed, one call at a time, in order. */
export interface UnitObserver {
  /** All of them: at the beginning, and again after any gap. A unit not listed is not loaded in the manager. */
  snapshot(units: UnitActivity[]): void;
  changed(unit: UnitActivity): void;
  /** The connection broke; it is being re-established. What was seen may be old until the next snapshot. */
  interrupted(): void;
}

/**
 * Only units it installed are touched or told about; everything else on the host is left alone.
 * All calls reject with DeisError('unavailable') while the manager does not answer, and with the signal's reason when aborted.
 */
export interface UnitManager {
  /** Major version, e.g. 252: features newer than it are left out of unit files. */
  version(signal: AbortSignal): Promise<number>;
  /** Unit files that are installed now (kept by the host, not by us; gone after a reboot). */
  installed(signal: AbortSignal): Promise<UnitFile[]>;
  /** States of loaded units by glob patterns, any unit of the host: `['deis-*', 'app_v3.web.1.service']`. */
  list(patterns: string[], signal: AbortSignal): Promise<UnitActivity[]>;
  /**
   * Writes or replaces unit files; the manager is reloaded once if it holds one of them already. Same name and content: nothing is done. A running unit keeps running.
   * Units with an [Install] section are enabled for this boot, as fleet did. A name that belongs to the host is refused.
   */
  install(files: UnitFile[], signal: AbortSignal): Promise<Refusal[]>;
  /** Takes unit files away (reloaded once for all, if need be) and forgets failures. Does not stop: stop first. Unknown names are fine. */
  remove(names: string[], signal: AbortSignal): Promise<void>;
  /** Resolve when the job has ended. Aborting stops the waiting, not the job. */
  start(name: string, signal: AbortSignal): Promise<JobOutcome>;
  /** Stopping a unit that is not loaded is `done`. */
  stop(name: string, signal: AbortSignal): Promise<JobOutcome>;
  restart(name: string, signal: AbortSignal): Promise<JobOutcome>;
  /** Unknown or not failed units are fine. */
  resetFailed(name: string, signal: AbortSignal): Promise<void>;
  /** A unit that does not exist has load `not-found`. */
  status(name: string, signal: AbortSignal): Promise<UnitDetail>;
  /** Resolves when the signal aborts; survives a restart of the bus or of the manager. Never polls. */
  watch(observer: UnitObserver, signal: AbortSignal): Promise<void>;
  close(): void;
}
