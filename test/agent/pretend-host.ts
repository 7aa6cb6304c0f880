// A host for tests of the agent: its systemd and its Engine, coupled as the waiter couples them. It writes down what was done to it.

import { setTimeout as realSleep } from 'node:timers/promises';
import { LABELS } from '../../src/model/container-spec.ts';
import type {
  JobOutcome,
  UnitActivity,
  UnitFile,
  UnitManager,
  UnitObserver,
} from '../../src/ports/unit-manager.ts';
import { PretendContainers } from './pretend-containers.ts';

/** A daemon-reload takes its time: that is why unit files are installed together. */
const RELOAD_MS = 20;
const DONE: JobOutcome = { result: 'done', reason: '' };

export class PretendHost {
  /** `install a.service b.service`, `start a.service`, … */
  readonly did: string[] = [];
  readonly files = new Map<string, string>();
  readonly active = new Map<string, UnitActivity>();
  readonly engine = new PretendContainers(this.did);
  /** How often each was. */
  readonly revived = new Map<string, number>();
  /** Units that end at once when started. */
  readonly brief = new Set<string>();
  readonly #unitObservers = new Set<UnitObserver>();

  /** Power loss: what lives in memory is gone, what is on disk stays. */
  reboot(): void {
    this.files.clear();
    this.active.clear();
    this.engine.powerLoss();
    this.did.length = 0;
  }

  isActive(unit: string): boolean {
    return this.active.get(unit)?.active === 'active';
  }

  crash(unit: string, active: 'failed' | 'inactive' = 'failed'): void {
    this.#become(unit, active, active === 'failed' ? 'failed' : 'dead');
    this.#end(unit, 1);
  }

  /** The kernel kills its main process; the Engine says of the dead container why, and nobody is told. */
  outgrow(unit: string): void {
    this.#end(unit, 137, true);
    this.#become(unit, 'failed', 'failed');
  }

  /** systemd starts it again by itself. */
  revive(unit: string): void {
    this.revived.set(unit, (this.revived.get(unit) ?? 0) + 1);
    this.#make(unit);
    this.#become(unit, 'active', 'running');
  }

  readonly units: UnitManager = {
    version: async () => 252,
    installed: async () => [...this.files].map(([name, content]) => ({ name, content })),
    list: async (_patterns, signal) => {
      signal.throwIfAborted();
      return [...this.active.values()];
    },
    install: async (files: UnitFile[]) => {
      this.did.push(`install ${files.map(({ name }) => name).join(' ')}`);
      await realSleep(RELOAD_MS);
      for (const { name, content } of files) this.files.set(name, content);
      return [];
    },
    remove: async (names) => {
      this.did.push(`remove ${names.join(' ')}`);
      for (const name of names) {
        this.files.delete(name);
        this.active.delete(name);
      }
    },
    start: async (name, signal) => {
      signal.throwIfAborted();
      this.did.push(`start ${name}`);
      await Promise.resolve();
      if (!this.files.has(name)) return { result: 'refused', reason: 'not found' };
      this.#become(name, 'activating', 'start');
      this.#make(name);
      this.#become(name, 'active', 'running');
      if (this.brief.has(name)) this.#become(name, 'inactive', 'dead');
      return DONE;
    },
    stop: async (name) => {
      this.did.push(`stop ${name}`);
      this.#become(name, 'deactivating', 'stop-sigterm');
      this.#end(name, 0);
      this.#become(name, 'inactive', 'dead');
      return DONE;
    },
    restart: async () => DONE,
    resetFailed: async () => undefined,
    status: async (name) => ({
      ...(this.active.get(name) ?? { name, load: 'not-found', active: 'inactive', sub: 'dead' }),
      restarts: this.revived.get(name) ?? 0,
      exitCode: 1,
      mainPid: 0,
      result: this.active.get(name)?.active === 'failed' ? 'exit-code' : 'success',
      text: '',
    }),
    watch: (observer, signal) => {
      this.#unitObservers.add(observer);
      observer.snapshot([...this.active.values()]);
      return ended(signal, () => this.#unitObservers.delete(observer));
    },
    close: () => undefined,
  };

  #become(name: string, active: string, sub: string): void {
    const unit = { name, load: 'loaded', active, sub };
    this.active.set(name, unit);
    for (const observer of this.#unitObservers) observer.changed(unit);
  }

  #make(unit: string): void {
    if (!this.files.get(unit)?.includes('waiter')) return;
    const labels = { [LABELS.managed]: 'true', [LABELS.unit]: unit };
    this.engine.begin(containerOf(unit), 'x', labels);
  }

  #end(unit: string, exitCode: number, outOfMemory = false): void {
    this.engine.end(containerOf(unit), exitCode, outOfMemory);
  }
}

const containerOf = (unit: string): string => unit.replace(/\.service$/, '');

function ended(signal: AbortSignal, tidy: () => void): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        tidy();
        resolve();
      },
      { once: true },
    );
  });
}
