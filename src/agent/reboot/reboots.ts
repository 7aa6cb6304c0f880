// A reboot that no user notices: take the turn, see that store and apps can do without this machine, empty it, reboot, and give the turn
// back when it is well again.
//
//   take the turn ─▶ store keeps a majority? ─▶ move away ─▶ every app healthy elsewhere? ─▶ reboot ─▶ well again? ─▶ give it back
//                          └── no ──────────────────┴── no: stay, give the turn back, say why

import { DeisError, toDeisError } from '../../model/errors.ts';
import { orphaned, type RebootTurn, storeProblem } from '../../model/reboot.ts';
import type { StoreMember } from '../../model/store-member.ts';
import { isServing } from '../../model/unit.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Departure } from '../departure.ts';
import { Turn } from './turn.ts';

export interface RebootsOptions {
  registry: Registry;
  self: { id: string; name: string; ip: string; bootId: string };
  /** Undefined before the agent has begun. */
  departure: () => Pick<Departure, 'move' | 'stay'> | undefined;
  /** The store's members as they are now. */
  members: (signal: AbortSignal) => Promise<StoreMember[]>;
  /** Orders the system to shut down and start again; returns at once. */
  restart: (signal: AbortSignal) => Promise<void>;
  clock: Clock;
  log: Log;
}

export interface RebootWish {
  by: RebootTurn['by'];
  /** Wait while another machine has the turn; else that is a refusal. */
  waits: boolean;
}

const UNDO_MS = 10_000;
const LOOK_MS = 500;

export class Reboots {
  readonly #options: RebootsOptions;
  readonly #turn: Turn;
  /** One at a time: a second caller who gives up would give back what the first one still needs. */
  #isPreparing = false;

  constructor(options: RebootsOptions) {
    this.#options = options;
    const { registry, self, clock } = options;
    const { id: machine, name, bootId } = self;
    this.#turn = new Turn({ registry, self: { machine, name, bootId }, clock });
  }

  /** Lines of progress, then the machine goes down. Throws as `prepare` does. */
  async *reboot(wish: RebootWish, signal: AbortSignal): AsyncGenerator<string> {
    yield* this.prepare(wish, signal);
    try {
      await this.#options.restart(signal);
    } catch (error) {
      await this.settle(AbortSignal.timeout(UNDO_MS));
      throw error;
    }
    yield 'rebooting\n';
  }

  /**
   * Ends when the machine may be rebooted. Throws DeisError 'conflict' saying what speaks against it; all is then as it was. May be
   * called again by who was cut off.
   */
  async *prepare({ by, waits }: RebootWish, signal: AbortSignal): AsyncGenerator<string> {
    const departure = this.#options.departure();
    if (!departure) throw new DeisError('unavailable', 'the agent has not begun yet', 'Try again.');
    if (this.#isPreparing) {
      const problem = `${this.#options.self.name} is being made ready for a reboot already`;
      throw new DeisError('conflict', problem, 'Whoever asked first is told how it goes.');
    }
    this.#isPreparing = true;
    try {
      yield 'asking for the turn\n';
      yield* this.#turn.take(by, waits, signal);
      yield* this.#makeReady(departure, signal);
    } finally {
      this.#isPreparing = false;
    }
    this.#options.log.info('may be rebooted', { by });
  }

  async *#makeReady(
    departure: Pick<Departure, 'move' | 'stay'>,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    let granted = false;
    try {
      await this.#mindStore(signal);
      yield* departure.move(signal);
      await this.#mindApps(signal);
      await this.#mindStore(signal);
      await this.#turn.mustOwn(signal);
      granted = true;
    } finally {
      if (!granted) {
        departure.stay();
        await this.#turn.giveBack(AbortSignal.timeout(UNDO_MS));
      }
    }
  }

  /** There is no reboot on its way: what was begun is taken back. Throws DeisError 'conflict' while the machine is not well after one. */
  async settle(signal: AbortSignal): Promise<void> {
    const held = await this.#turn.own(signal);
    if (!held) return;
    if (held.value.bootId === this.#options.self.bootId) this.#options.departure()?.stay();
    else {
      const missing = await this.#missing(signal);
      if (missing.length > 0) {
        throw new DeisError('conflict', `not well yet: ${missing.join(', ')}`, 'Ask again.');
      }
    }
    await this.#turn.giveBack(signal);
  }

  /** After a boot: waits until the machine is well, and gives the turn back. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, self } = this.#options;
    let told = '';
    while (!signal.aborted) {
      try {
        const turn = (await this.#turn.own(signal))?.value;
        if (!turn) break;
        // The system, which was granted a reboot of this boot, will ask again or go down.
        if (turn.bootId === self.bootId && turn.by === 'system') break;
        await this.settle(signal);
        log.info('gave the turn to reboot back', { since: turn.since });
        break;
      } catch (error) {
        if (signal.aborted) return;
        const { message } = toDeisError(error);
        if (message !== told) log.info('keeps the turn to reboot', { reason: message });
        told = message;
        await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      }
    }
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  }

  async #mindStore(signal: AbortSignal): Promise<void> {
    const { members, self } = this.#options;
    const problem = storeProblem(await members(signal), self.ip);
    if (problem !== undefined) throw new DeisError('conflict', problem, 'Try again later.');
  }

  async #mindApps(signal: AbortSignal): Promise<void> {
    const { registry, self } = this.#options;
    const [states, alive, machines] = await Promise.all([
      registry.list(keys.states, [], signal),
      registry.list(keys.alive, [], signal),
      registry.list(keys.machines, [], signal),
    ]);
    const living = new Set(alive.items.map(({ ids }) => ids[0]!));
    const elsewhere = machines.items
      .map(({ value }) => value)
      .filter(({ id, leaving }) => id !== self.id && living.has(id) && leaving !== true);
    const containers = states.items.map(({ ids, value }) => ({
      machine: ids[0]!,
      unit: ids[1]!,
      serving: isServing(value),
    }));
    const lonely = orphaned(containers, self.id, new Set(elsewhere.map(({ id }) => id)));
    if (lonely.length === 0) return;
    throw new DeisError(
      'conflict',
      `no healthy container elsewhere: ${lonely.join(', ')}`,
      'They move as soon as another machine may run them: deisctl why UNIT',
    );
  }

  /** What is not as it should be on a machine that has been rebooted. */
  async #missing(signal: AbortSignal): Promise<string[]> {
    const { registry, self, members } = this.#options;
    const [machine, alive, placements, states, units, store] = await Promise.all([
      registry.get(keys.machines, [self.id], signal),
      registry.get(keys.alive, [self.id], signal),
      registry.list(keys.placements, [self.id], signal),
      registry.list(keys.states, [self.id], signal),
      registry.list(keys.platformUnits, [], signal),
      members(signal),
    ]);
    const missing: string[] = [];
    if (!alive || machine?.value.bootId !== self.bootId) missing.push('its heartbeat');
    else if (machine.value.versions.engine === '') missing.push('Docker');
    if (store.some(({ ip, healthy }) => ip === self.ip && !healthy)) missing.push('the store');
    const said = new Map(states.items.map(({ ids, value }) => [ids[1]!, value]));
    const wanted = new Set(
      units.items.filter(({ value }) => value.desired === 'launched').map(({ ids }) => ids[0]!),
    );
    const down = placements.items
      .filter(({ ids, value }) => value.want === 'run' && wanted.has(ids[1]!))
      .map(({ ids }) => ids[1]!)
      .filter((unit) => {
        const state = said.get(unit);
        return !state || !isServing(state);
      });
    return [...missing, ...down];
  }
}
