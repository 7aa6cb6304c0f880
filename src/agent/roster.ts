// All units of this machine, and what of them is kept on disk: orders under /var/lib, their present life under /run.

import { join } from 'node:path';
import type { UnitKind } from '../model/unit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { Folder } from './folder.ts';
import { rememberedHealth } from './health.ts';
import { type LifeRecord, lifeRecord, type UnitRecord, unitRecord } from './records.ts';
import { Unit } from './unit.ts';

export interface RosterOptions {
  /** Folder of the agent that survives a reboot, and one that does not. */
  state: string;
  runtime: string;
  clock: Clock;
  log: Log;
}

/** `load()` once, then `run(signal)` beside everything else; `save(unit)` after every change of it. */
export class Roster {
  readonly #units = new Map<string, Unit>();
  readonly #orders: Folder<UnitRecord>;
  readonly #lives: Folder<LifeRecord>;

  constructor({ state, runtime, clock, log }: RosterOptions) {
    const shared = { clock, log };
    const orders = { path: join(state, 'units'), schema: unitRecord, durable: true };
    const lives = { path: join(runtime, 'units'), schema: lifeRecord, durable: false };
    this.#orders = new Folder({ ...orders, ...shared });
    this.#lives = new Folder({ ...lives, ...shared });
  }

  async load(): Promise<void> {
    for (const [name, record] of await this.#orders.load()) {
      const unit = this.ensure(name, record.kind);
      unit.placement = record.placement;
      unit.prepared = record.prepared;
    }
    for (const [name, life] of await this.#lives.load()) {
      const unit = this.ensure(name, 'foreign');
      unit.life = life;
      unit.health = rememberedHealth(life.health);
    }
  }

  get(name: string): Unit | undefined {
    return this.#units.get(name);
  }

  ensure(name: string, kind: UnitKind): Unit {
    let unit = this.#units.get(name);
    if (!unit) {
      unit = new Unit(name, kind);
      this.#units.set(name, unit);
    }
    return unit;
  }

  all(): Unit[] {
    return [...this.#units.values()];
  }

  /**
   * An order goes to disk only together with the files that carry it out: what is on disk can always be run without the store.
   * When its placement disappears, the last known one stays there until the unit is forgotten.
   */
  save(unit: Unit): void {
    const { name, kind, placement, prepared, life } = unit;
    this.#lives.put(name, life);
    if (placement && (placement.want !== 'run' || this.#isCarriedOut(unit))) {
      this.#orders.put(name, { kind, placement, ...(prepared && { prepared }) });
    }
  }

  forget(name: string): void {
    this.#units.delete(name);
    this.#orders.drop(name);
    this.#lives.drop(name);
  }

  /** Why the disk is behind, if it is. */
  get problem(): string | undefined {
    return this.#orders.problem ?? this.#lives.problem;
  }

  async settled(): Promise<void> {
    await Promise.all([this.#orders.settled(), this.#lives.settled()]);
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#orders.run(signal), this.#lives.run(signal)]);
  }

  #isCarriedOut({ placement, prepared, life }: Unit): boolean {
    return prepared?.revision === placement?.revision && life.installed === prepared?.fingerprint;
  }
}
