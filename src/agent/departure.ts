// This machine is being shut down: what can move moves first, what is left is withdrawn from the routers, and only then anything stops.

import type { Clock } from '../ports/clock.ts';
import { keys } from '../registry/keys.ts';
import type { Fenced } from './fence.ts';
import type { Roster } from './roster.ts';
import type { Unit } from './unit.ts';
import { isUp } from './view.ts';

/** Nothing has left for so long, ms: the rest stays here and is stopped. */
const STALLED_MS = 30_000;
/** All moves together, ms. */
const MOVES_MS = 90_000;
/** For routers to confirm what is withdrawn, and for requests that run, ms; each unit has its own limit too. */
const WITHDRAWALS_MS = 35_000;
const LOOK_MS = 100;

export interface DepartureOptions {
  /** Of this machine. */
  machine: string;
  fenced: Fenced;
  roster: Roster;
  clock: Clock;
  /** The state has changed: the cluster must know, and units are to be looked at. */
  changed: () => void;
}

export class Departure {
  /** `leaving`: the cluster knows, and moves what runs here. `withdrawing`: what is left loses its upstreams. */
  state: 'staying' | 'leaving' | 'withdrawing' = 'staying';
  readonly #options: DepartureOptions;

  constructor(options: DepartureOptions) {
    this.#options = options;
  }

  /** Tells what it waits for, line by line; ends when nothing that routers send to is left, or time is up. */
  async *leave(signal: AbortSignal): AsyncGenerator<string> {
    if (!this.#options.fenced.open) {
      yield 'the store does not answer: nothing can be moved or withdrawn\n';
      return;
    }
    yield* this.move(signal);
    this.#become('withdrawing');
    yield* this.#wait('withdrawing', WITHDRAWALS_MS, WITHDRAWALS_MS, isRouted, signal);
    yield 'nothing is routed to this machine any more\n';
  }

  /** The first half: what can move has moved, or time is up. The machine is known to leave until `stay`. */
  async *move(signal: AbortSignal): AsyncGenerator<string> {
    if (!(await this.#hasCompany(signal))) {
      yield 'no other machine is there to take over\n';
      return;
    }
    this.#become('leaving');
    yield* this.#wait('moving', MOVES_MS, STALLED_MS, isToMove, signal);
  }

  /** The shutdown was called off. */
  stay(): void {
    if (this.state !== 'staying') this.#become('staying');
  }

  #become(state: Departure['state']): void {
    this.state = state;
    this.#options.changed();
  }

  /** Says the number of units that are left whenever it changes; `stalled`: it has not for so long. */
  async *#wait(
    what: string,
    most: number,
    stalled: number,
    isLeft: (unit: Unit) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const { roster, clock } = this.#options;
    const began = clock.monotonic();
    let [count, since] = [-1, began];
    for (;;) {
      const left = roster.all().filter(isLeft);
      const now = clock.monotonic();
      if (left.length !== count) {
        [count, since] = [left.length, now];
        if (count > 0) yield `${what}: ${left.map(({ name }) => name).join(', ')}\n`;
      }
      if (count === 0) return;
      if (now - began >= most || now - since >= stalled) {
        yield `given up ${what}: ${left.map(({ name }) => name).join(', ')}\n`;
        return;
      }
      await clock.sleep(LOOK_MS, signal);
    }
  }

  /** Is there another machine that lives and stays? */
  async #hasCompany(signal: AbortSignal): Promise<boolean> {
    const { fenced, machine } = this.#options;
    const [alive, machines] = await Promise.all([
      fenced.registry.list(keys.alive, [], signal),
      fenced.registry.list(keys.machines, [], signal),
    ]);
    const living = new Set(alive.items.map(({ ids }) => ids[0]));
    return machines.items.some(
      ({ value: { id, leaving } }) => id !== machine && leaving !== true && living.has(id),
    );
  }
}

/**
 * One that was told to stop has a replacement. It may still run: systemd, which shuts down, has a job for it that waits for us, so
 * only that nothing is sent to it any more counts.
 */
const isToMove = (unit: Unit): boolean =>
  unit.kind === 'app' && isUp(unit.activity) && (unit.placement?.want === 'run' || isRouted(unit));

const isRouted = ({ life, activity, drained }: Unit): boolean =>
  isUp(activity) && !drained && (life.published ?? life.withdrawn) !== undefined;
