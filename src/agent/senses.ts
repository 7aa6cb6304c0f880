// What the host says of our units, as it happens: systemd's states and the Engine's containers. Asks, never remembers what was ordered.

import { exitWords } from '../model/exit-words.ts';
import { toDeisError } from '../model/errors.ts';
import { parseContainerName, parsePlatformUnitName } from '../model/ids.ts';
import { LABELS } from '../model/container-spec.ts';
import type { UnitKind } from '../model/unit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Container, ContainerEngine, ContainerEvent } from '../ports/container-engine.ts';
import type { Log } from '../ports/log.ts';
import type { UnitActivity, UnitManager } from '../ports/unit-manager.ts';
import type { Roster } from './roster.ts';
import type { Unit } from './unit.ts';
import { isUp } from './view.ts';
import { readWaiterDigest } from './waiter-disk.ts';

export interface SensesOptions {
  units: UnitManager;
  engine: ContainerEngine;
  roster: Roster;
  waiterDirectory: string;
  clock: Clock;
  log: Log;
  hint: () => void;
}

/** `look` once, then `run(signal)` beside everything else. */
export class Senses {
  /** systemd's view is up to date. */
  connected = false;
  /** The Engine has told what runs, at least once. */
  sawContainers = false;
  readonly #options: SensesOptions;

  constructor(options: SensesOptions) {
    this.#options = options;
  }

  /** Which unit files are installed, compared with what we remember. Throws while systemd does not answer. */
  async look(signal: AbortSignal): Promise<void> {
    const { units, roster } = this.#options;
    const files = new Map((await units.installed(signal)).map((file) => [file.name, file.content]));
    for (const name of files.keys()) roster.ensure(name, kindOf(name));
    for (const unit of roster.all()) {
      const fingerprint = await this.#fingerprintOf(unit, files.get(unit.name));
      if (fingerprint === unit.life.installed) continue;
      const { installed: _, ...life } = unit.life;
      unit.life = { ...life, ...(fingerprint !== undefined && { installed: fingerprint }) };
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    const { units, engine } = this.#options;
    await Promise.all([
      units.watch(
        {
          snapshot: (all) => this.#seeAll(all, signal),
          changed: (activity) => this.#see(activity, signal),
          interrupted: () => {
            this.connected = false;
          },
        },
        signal,
      ),
      engine.watch(
        { [LABELS.managed]: '', [LABELS.unit]: '' },
        {
          snapshot: (containers) => this.#seeContainers(containers),
          event: (event) => this.#seeEvent(event, signal),
          interrupted: () => undefined,
        },
        signal,
      ),
    ]);
  }

  async #fingerprintOf(unit: Unit, content: string | undefined): Promise<string | undefined> {
    if (content === undefined) return undefined;
    const { prepared } = unit;
    if (content !== prepared?.content) return 'other';
    const digest = await readWaiterDigest(unit.name, this.#options.waiterDirectory);
    return digest === prepared.digest ? prepared.fingerprint : 'other';
  }

  #seeAll(all: UnitActivity[], signal: AbortSignal): void {
    const { roster, hint } = this.#options;
    const loaded = new Set(all.map(({ name }) => name));
    for (const unit of roster.all()) if (!loaded.has(unit.name)) this.#observe(unit, undefined);
    for (const activity of all) this.#see(activity, signal);
    this.connected = true;
    hint();
  }

  #see(activity: UnitActivity, signal: AbortSignal): void {
    const { roster, hint } = this.#options;
    const unit = roster.get(activity.name);
    if (!unit || !this.#observe(unit, activity.load === 'not-found' ? undefined : activity)) return;
    hint();
    if (this.connected && hasMoreToTell(unit, activity)) void this.#ask(unit, signal);
  }

  #observe(unit: Unit, activity: UnitActivity | undefined): boolean {
    const { clock } = this.#options;
    return unit.observe(activity, clock.monotonic(), clock.now());
  }

  /** How often systemd restarted it, how it ended, and what it says itself. */
  async #ask(unit: Unit, signal: AbortSignal): Promise<void> {
    const { units, log, hint } = this.#options;
    try {
      const { restarts, exitCode, result, text } = await units.status(unit.name, signal);
      unit.crashes = restarts;
      const ended = !isUp(unit.activity) || unit.activity?.sub === 'auto-restart';
      if (ended && result !== 'success') {
        unit.exitCode = unit.container?.exitCode || exitCode;
        unit.problem = `it ended: ${result}, ${exitWords(unit.exitCode, unit.outOfMemory)}${text ? ` (${text})` : ''}`;
      } else if (unit.activity?.active === 'active') {
        unit.exitCode = undefined;
        unit.outOfMemory = false;
        if (!unit.busy.life) unit.problem = undefined;
      }
      hint();
    } catch (error) {
      if (signal.aborted) return;
      log.debug('could not ask', { unit: unit.name, error: toDeisError(error).message });
    }
  }

  #seeContainers(containers: Container[]): void {
    const { roster, hint } = this.#options;
    const byUnit = new Map(
      containers.map((container) => [container.labels[LABELS.unit], container]),
    );
    for (const unit of roster.all()) unit.container = byUnit.get(unit.name);
    this.sawContainers = true;
    hint();
  }

  #seeEvent({ action, id, labels, exitCode }: ContainerEvent, signal: AbortSignal): void {
    const { roster, hint } = this.#options;
    const unit = roster.get(labels[LABELS.unit] ?? '');
    if (!unit) return;
    switch (action) {
      case 'start':
        void this.#inspect(unit, id, signal);
        return;
      case 'oom':
        unit.outOfMemory = true;
        break;
      case 'die':
        // One that ends at once may not have been looked at yet.
        if (unit.busy.life !== 'stop') {
          unit.lastEnd = { exitCode: exitCode ?? 0, outOfMemory: unit.outOfMemory };
          if (exitCode) void this.#lookWhy(unit, id, signal);
        }
        if (unit.container?.id !== id) break;
        unit.container = { ...unit.container, running: false, ip: '', exitCode: exitCode ?? 0 };
        unit.exitCode = exitCode;
        break;
      case 'destroy':
        if (unit.container?.id !== id) return;
        unit.container = undefined;
        break;
    }
    hint();
  }

  /** Engine 20.10 on a kernel with memory controllers of version 1 says `oom` to nobody; the dead container knows. */
  async #lookWhy(unit: Unit, id: string, signal: AbortSignal): Promise<void> {
    const { engine, log, hint } = this.#options;
    try {
      const dead = await engine.inspect(id, signal);
      if (!dead?.outOfMemory || unit.outOfMemory) return;
      unit.lastEnd = { exitCode: dead.exitCode, outOfMemory: true };
      if (unit.container?.id === id) {
        unit.outOfMemory = true;
        await this.#ask(unit, signal);
      }
      hint();
    } catch (error) {
      if (signal.aborted) return;
      log.debug('could not ask why', { unit: unit.name, error: toDeisError(error).message });
    }
  }

  async #inspect(unit: Unit, id: string, signal: AbortSignal): Promise<void> {
    const { engine, log, hint } = this.#options;
    try {
      const container = await engine.inspect(id, signal);
      if (container) unit.container = container;
      hint();
    } catch (error) {
      if (signal.aborted) return;
      log.warn('could not look at a container', {
        unit: unit.name,
        error: toDeisError(error).message,
      });
    }
  }
}

/** What happened by itself needs words; what we asked for does not: asking costs systemd more than starting. */
function hasMoreToTell({ busy }: Unit, { active, sub }: UnitActivity): boolean {
  if (sub === 'auto-restart' || active === 'failed') return true;
  return busy.life === undefined && (active === 'active' || active === 'inactive');
}

function kindOf(name: string): UnitKind {
  if (parseContainerName(name)) return 'app';
  return parsePlatformUnitName(name) ? 'platform' : 'foreign';
}
