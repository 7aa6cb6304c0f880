// The one turn there is in a cluster: who has it may reboot. It has no lease, for a machine that reboots keeps none alive; the machine
// itself gives it back when it is well again.

import { DeisError } from '../../model/errors.ts';
import type { RebootTurn } from '../../model/reboot.ts';
import type { Clock } from '../../ports/clock.ts';
import { keys } from '../../registry/keys.ts';
import {
  absent,
  type Held,
  put,
  type Registry,
  remove,
  unchanged,
} from '../../registry/registry.ts';
import { untilVacant } from '../../registry/vacancy.ts';

const IDS = ['turn'];
/** Whom it waits for may have died meanwhile: looked at so often, ms. */
const LOOK_MS = 15_000;

export interface TurnOptions {
  registry: Registry;
  self: Pick<RebootTurn, 'machine' | 'name' | 'bootId'>;
  clock: Clock;
}

export class Turn {
  readonly #options: TurnOptions;

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  /** This machine's; undefined: nobody's or another's. */
  async own(signal: AbortSignal): Promise<Held<RebootTurn> | undefined> {
    const held = await this.#read(signal);
    return held?.value.machine === this.#options.self.machine ? held : undefined;
  }

  /**
   * Tells whom it waits for. Throws DeisError 'conflict' instead of waiting when `waits` is false, and when this machine has come back
   * from a reboot and is not well yet.
   */
  async *take(by: RebootTurn['by'], waits: boolean, signal: AbortSignal): AsyncGenerator<string> {
    const { registry, self, clock } = this.#options;
    let told = '';
    for (;;) {
      const turn = { ...self, by, since: new Date(clock.now()).toISOString() };
      const writes = [put(keys.reboots, IDS, turn)];
      if ((await registry.commit([absent(keys.reboots, IDS)], writes, signal)).applied) return;
      const other = (await this.#read(signal))?.value;
      if (!other) continue;
      const mine = other.machine === self.machine;
      // Ours already: an earlier try whose caller went away.
      if (mine && other.bootId === self.bootId) return;
      const why = mine
        ? `${self.name} has just been rebooted and is not well yet`
        : `${other.name} has the turn since ${other.since}`;
      if (mine || !waits) {
        const hint = `If it never comes back: deisctl reboot --release`;
        throw new DeisError('conflict', why, hint);
      }
      const alive = await registry.get(keys.alive, [other.machine], signal);
      const line = alive
        ? why
        : `${why} and is away; if it never comes back: deisctl reboot --release`;
      if (line !== told) yield `waiting: ${line}\n`;
      told = line;
      const look = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
      await untilVacant(registry.store, keys.reboots.key(...IDS), look);
      signal.throwIfAborted();
    }
  }

  /** An operator may have given it to others meanwhile. Throws DeisError 'conflict'. */
  async mustOwn(signal: AbortSignal): Promise<void> {
    if (await this.own(signal)) return;
    throw new DeisError(
      'conflict',
      'the turn to reboot was taken back by an operator',
      'Ask again.',
    );
  }

  /** Only if it is this machine's. */
  async giveBack(signal: AbortSignal): Promise<void> {
    const held = await this.own(signal);
    if (!held) return;
    const same = unchanged(keys.reboots, IDS, held.modRevision);
    await this.#options.registry.commit([same], [remove(keys.reboots, IDS)], signal);
  }

  #read(signal: AbortSignal): Promise<Held<RebootTurn> | undefined> {
    return this.#options.registry.get(keys.reboots, IDS, signal);
  }
}
