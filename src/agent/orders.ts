// What the scheduler wants of this machine: watches its own placements only, and obeys them only if the store is the right one.

import type { Placement } from '../model/cluster.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { Loop } from '../daemon/loop.ts';
import { keys } from '../registry/keys.ts';
import { Mirror } from '../registry/mirror.ts';
import type { Registry } from '../registry/registry.ts';
import type { Roster } from './roster.ts';
import type { StoreGuard } from './store-guard.ts';
import type { Unit } from './unit.ts';
import { isUp } from './view.ts';

export interface OrdersOptions {
  machine: string;
  registry: Registry;
  guard: StoreGuard;
  roster: Roster;
  clock: Clock;
  log: Log;
  /** Something may have to be done. */
  hint: () => void;
  /** Keys of ours may have been deleted behind our back: look again. */
  doubt: () => void;
}

const HOLD_LOOK_MS = 2000;
const IDLE_MS = 600_000;

export class Orders {
  /** The placements have been read, from the right store, at least once since the start. */
  synced = false;
  readonly #options: OrdersOptions;
  readonly #mirror: Mirror<Placement>;
  readonly #loop: Loop;
  /** Breaks of the watch up to which the store's identity has been checked; -1: never. */
  #checked = -1;
  #revision = 0;

  constructor(options: OrdersOptions) {
    this.#options = options;
    this.#mirror = new Mirror(keys.placements, [options.machine]);
    const { clock, log } = options;
    const pass = (signal: AbortSignal): Promise<number> => this.#pass(signal);
    this.#loop = new Loop({ name: 'orders', pass, every: IDLE_MS, clock, log });
  }

  /** Is the store there, and confirmed, since the last gap, to be the one we obey? */
  get connected(): boolean {
    const confirmed = this.#checked === this.#mirror.breaks;
    return this.#mirror.connected && confirmed && this.#options.guard.hold === undefined;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { registry } = this.#options;
    await Promise.all([
      this.#mirror.start(registry.store, this.#loop.hint, signal),
      this.#loop.run(signal),
    ]);
  }

  async #pass(signal: AbortSignal): Promise<number> {
    const { guard, hint, doubt } = this.#options;
    if (!this.#mirror.connected) {
      hint();
      return IDLE_MS;
    }
    const breaks = this.#mirror.breaks;
    const wentBack = this.#mirror.revision < this.#revision;
    if (breaks !== this.#checked || guard.hold !== undefined || wentBack) {
      const held = guard.hold !== undefined;
      await guard.check(signal);
      if (this.#mirror.breaks !== breaks) return 0;
      if (breaks !== this.#checked || (held && guard.hold === undefined)) doubt();
      this.#checked = breaks;
    }
    if (guard.hold !== undefined) {
      hint();
      return HOLD_LOOK_MS;
    }
    this.#revision = this.#mirror.revision;
    this.#obey();
    await guard.note(this.#revision);
    return IDLE_MS;
  }

  #obey(): void {
    const { roster, hint, doubt, log } = this.#options;
    for (const { ids, value } of this.#mirror.items()) {
      this.#place(roster.ensure(ids[1]!, value.kind), value);
    }
    const { machine } = this.#options;
    for (const unit of roster.all()) {
      if (!unit.placement || this.#mirror.get(machine, unit.name)) continue;
      if (this.#mirror.malformed.has(keys.placements.key(machine, unit.name))) continue;
      const { want } = unit.placement;
      const expected = want === 'gone' || (want === 'stop' && !isUp(unit.activity));
      unit.placement = undefined;
      if (expected) continue;
      log.warn('lost a placement', { unit: unit.name, consequence: 'it is kept as it is' });
      doubt();
    }
    this.synced = true;
    hint();
  }

  #place(unit: Unit, placement: Placement): void {
    if (JSON.stringify(unit.placement) === JSON.stringify(placement)) return;
    const { roster, log } = this.#options;
    const { want, revision, reason } = placement;
    if (unit.placement?.want !== want || unit.placement.revision !== revision) unit.forgive();
    if (unit.placement?.retiring && !placement.retiring) unit.life.takenOver = false;
    log.debug('took an order', { unit: unit.name, want, revision, reason });
    unit.kind = placement.kind;
    unit.placement = placement;
    roster.save(unit);
  }
}
