// The unit manager over systemd's D-Bus interface. Each unit stands for itself: a refusal for one never holds up another.

import { DeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type {
  JobOutcome,
  Refusal,
  UnitActivity,
  UnitDetail,
  UnitFile,
  UnitManager,
  UnitObserver,
} from '../ports/unit-manager.ts';
import { SystemdBus } from './systemd-bus.ts';
import { SystemdFiles, UNIT_DIRECTORIES, type UnitDirectories } from './systemd-files.ts';
import { SystemdJobs } from './systemd-jobs.ts';
import { activitiesOf } from './systemd-names.ts';
import { SystemdReload } from './systemd-reload.ts';
import { BusRefusal, MANAGER, MANAGER_PATH } from './systemd-session.ts';
import { activitiesByName, busProperty, unitDetail } from './systemd-status.ts';
import { SystemdWatch } from './systemd-watch.ts';

export interface SystemdOptions {
  /** D-Bus address; absent: the system bus. */
  address?: string;
  directories?: UnitDirectories;
  clock: Clock;
  log: Log;
}

/** `close()` when done. */
export class SystemdUnits implements UnitManager {
  readonly #options: SystemdOptions;
  readonly #bus: SystemdBus;
  readonly #files: SystemdFiles;
  readonly #jobs: SystemdJobs;
  readonly #reload: SystemdReload;
  readonly #watches = new Set<{ watch: SystemdWatch; signal: AbortSignal }>();
  /** Names of ours, for signals that come by the thousand; the directory is the truth. */
  #ours: Set<string> | undefined;
  #version: number | undefined;

  constructor(options: SystemdOptions) {
    this.#options = options;
    this.#bus = new SystemdBus(options);
    this.#files = new SystemdFiles(options.directories ?? UNIT_DIRECTORIES);
    this.#jobs = new SystemdJobs(this.#bus);
    this.#reload = new SystemdReload(this.#bus);
  }

  async version(signal: AbortSignal): Promise<number> {
    const text = String(await busProperty(this.#bus, MANAGER_PATH, MANAGER, 'Version', signal));
    const version = Number.parseInt(text.replace(/^v/, ''), 10);
    if (Number.isNaN(version)) throw new DeisError('unsupported', `systemd calls itself ${text}.`);
    return version;
  }

  installed(_signal: AbortSignal): Promise<UnitFile[]> {
    return this.#files.all();
  }

  async list(patterns: string[], signal: AbortSignal): Promise<UnitActivity[]> {
    const call = { member: 'ListUnitsByPatterns', signature: 'asas', body: [[], patterns] };
    return activitiesOf(await this.#bus.call(call, signal));
  }

  async install(files: UnitFile[], signal: AbortSignal): Promise<Refusal[]> {
    const refusals: Refusal[] = [];
    const written: string[] = [];
    const ours = await this.#names();
    const known = new Set(ours);
    for (const file of files) {
      const reason = await this.#files.objection(file.name);
      if (reason !== undefined) refusals.push({ name: file.name, reason });
      else if (await this.#files.write(file)) written.push(file.name);
      if (reason === undefined) ours.add(file.name);
    }
    const enabled = files.filter(
      ({ name, content }) => written.includes(name) && wantsEnabling(content),
    );
    for (const { name } of enabled) {
      const reason = await this.#enable(name, signal);
      if (reason === undefined) continue;
      refusals.push({ name, reason });
      await this.#files.remove(name);
      ours.delete(name);
    }
    const stale = written.some((name) => known.has(name)) || enabled.length > 0;
    if (stale || (await this.#isLoaded(written, signal))) await this.#reload.reload();
    this.#doubt(written);
    return refusals;
  }

  async remove(names: string[], signal: AbortSignal): Promise<void> {
    const ours = await this.#names();
    const files = new Map((await this.#files.all()).map(({ name, content }) => [name, content]));
    const removed: string[] = [];
    let disabled = false;
    await Promise.all(
      names.filter((name) => ours.has(name)).map((name) => this.resetFailed(name, signal)),
    );
    for (const name of names) {
      const content = files.get(name);
      if (content !== undefined && wantsEnabling(content)) {
        await this.#disable(name, signal);
        disabled = true;
      }
      if (await this.#files.remove(name)) removed.push(name);
    }
    if (disabled || (await this.#isLoaded(removed, signal))) await this.#reload.reload();
    for (const name of names) ours.delete(name);
  }

  start(name: string, signal: AbortSignal): Promise<JobOutcome> {
    return this.#explained('StartUnit', name, signal);
  }

  async stop(name: string, signal: AbortSignal): Promise<JobOutcome> {
    const [unit] = await activitiesByName(this.#bus, [name], signal);
    if (!unit || (unit.active === 'inactive' && unit.load === 'not-found')) return DONE;
    return this.#explained('StopUnit', name, signal);
  }

  restart(name: string, signal: AbortSignal): Promise<JobOutcome> {
    return this.#explained('RestartUnit', name, signal);
  }

  async resetFailed(name: string, signal: AbortSignal): Promise<void> {
    await this.#tolerant({ member: 'ResetFailedUnit', signature: 's', body: [name] }, signal);
  }

  status(name: string, signal: AbortSignal): Promise<UnitDetail> {
    return unitDetail(this.#bus, name, signal);
  }

  async watch(observer: UnitObserver, signal: AbortSignal): Promise<void> {
    const ours = await this.#names();
    const watch = new SystemdWatch(
      {
        bus: this.#bus,
        names: async () => [...ours],
        isOurs: (name) => ours.has(name),
        clock: this.#options.clock,
        log: this.#options.log,
      },
      observer,
    );
    const entry = { watch, signal };
    this.#watches.add(entry);
    await watch.run(signal).finally(() => this.#watches.delete(entry));
  }

  close(): void {
    this.#bus.close();
  }

  async #names(): Promise<Set<string>> {
    const found = this.#ours ? [] : await this.#files.names();
    this.#ours ??= new Set(found);
    return this.#ours;
  }

  #doubt(names: string[]): void {
    for (const { watch, signal } of this.#watches) watch.doubt(names, signal);
  }

  /** A failed job says little: what the unit says of its end says more. */
  async #explained(
    member: 'StartUnit' | 'StopUnit' | 'RestartUnit',
    name: string,
    signal: AbortSignal,
  ): Promise<JobOutcome> {
    let outcome = await this.#jobs.run(member, name, signal);
    if (outcome.result === 'refused' && (await this.#names()).has(name)) {
      // Its file came within the same tick of the clock as another that systemd had just looked for: it has to look anew.
      await this.#reload.reload();
      outcome = await this.#jobs.run(member, name, signal);
    }
    if (outcome.result !== 'failed') return outcome;
    const { result, exitCode, text } = await this.status(name, signal);
    const words = [result === 'exit-code' ? `exit code ${exitCode}` : result, text].filter(Boolean);
    return { result: 'failed', reason: words.join(': ') || outcome.reason };
  }

  /**
   * Does systemd hold any of them in memory? Only then it must be told of their files: since version 246 it looks by itself for a
   * unit it does not hold (its NEWS), and a reload costs it time for every unit of the machine.
   */
  async #isLoaded(names: string[], signal: AbortSignal): Promise<boolean> {
    if (names.length === 0) return false;
    if ((await this.#knownVersion(signal)) < LOOKS_ITSELF_SINCE) return true;
    const patterns = names.map((name) => name.replaceAll('\\', '\\\\'));
    return (await this.list(patterns, signal)).length > 0;
  }

  async #knownVersion(signal: AbortSignal): Promise<number> {
    return (this.#version ??= await this.version(signal));
  }

  /** For this boot, like fleet. Answers why not, if not. */
  async #enable(name: string, signal: AbortSignal): Promise<string | undefined> {
    const call = { member: 'EnableUnitFiles', signature: 'asbb', body: [[name], true, true] };
    return this.#tolerant(call, signal);
  }

  async #disable(name: string, signal: AbortSignal): Promise<void> {
    await this.#tolerant(
      { member: 'DisableUnitFiles', signature: 'asb', body: [[name], true] },
      signal,
    );
  }

  /** systemd's refusal as text; only an unreachable systemd is thrown. */
  async #tolerant(
    call: { member: string; signature: string; body: unknown[] },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    try {
      await this.#bus.call(call, signal);
      return undefined;
    } catch (error) {
      if (error instanceof BusRefusal) return error.message;
      throw error;
    }
  }
}

/** systemd that finds a new unit file without a reload, also after it has looked for it in vain. */
const LOOKS_ITSELF_SINCE = 248;
const DONE: JobOutcome = { result: 'done', reason: '' };

function wantsEnabling(content: string): boolean {
  return /^\[Install\]/m.test(content);
}
