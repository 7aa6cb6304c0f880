// Waits until every live router has confirmed that it no longer sends to an upstream. Watches the routers only while something drains.

import { type Applied, isDrainedAt, type RouterAlive } from '../model/route.ts';
import type { Clock } from '../ports/clock.ts';
import { keys } from '../registry/keys.ts';
import { Mirror } from '../registry/mirror.ts';
import type { Registry } from '../registry/registry.ts';
import type { Upstream } from './view.ts';

/** A router whose heartbeat ended may still serve for a moment: it counts as gone only after this long, ms. */
export const ROUTER_GONE_MS = 3000;
/** The watch outlives the last drain by this long, ms: one deploy is many drains. */
const LINGER_MS = 10_000;
const LOOK_MS = 250;

export interface DrainOptions {
  withdrawn: Upstream;
  /** Routers alive at the withdrawal; undefined if that is not known any more: all that are alive now. */
  routers?: string[];
  /** How long to wait for them at most, ms, counted only while the store answers. */
  patience: number;
  /** Told when the set of routers not yet confirmed changes; `left`: ms until it is cut short. */
  tell: (waitingFor: string[], left: number) => void;
}

interface Watch {
  alive: Mirror<RouterAlive>;
  applied: Mirror<Applied>;
  stop: AbortController;
}

/** `run(signal)` beside everything else; `drain` any time. */
export class Routers {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #hints = new Set<() => void>();
  #watch: Watch | undefined;
  #users = 0;

  constructor(registry: Registry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /** Resolves with the routers that never confirmed: none, unless the time was up. */
  async drain(options: DrainOptions, signal: AbortSignal): Promise<string[]> {
    const { withdrawn, routers, patience, tell } = options;
    const watch = this.#use();
    const absentSince = new Map<string, number>();
    let left = patience;
    let told: string | undefined;
    try {
      for (let last = this.#clock.monotonic(); ;) {
        const now = this.#clock.monotonic();
        if (watch.alive.connected && watch.applied.connected) {
          left -= now - last;
          const expected = routers ?? watch.alive.items().map(({ ids }) => ids[0]!);
          const waiting = expected.filter((id) => !isDone(watch, id, withdrawn, absentSince, now));
          if (waiting.length === 0) return [];
          if (left <= 0) return waiting;
          if (told !== waiting.join()) tell(waiting, left);
          told = waiting.join();
        }
        last = now;
        await this.#pause(Math.max(10, Math.min(LOOK_MS, left)), signal);
      }
    } finally {
      this.#release();
    }
  }

  #use(): Watch {
    this.#users += 1;
    if (this.#watch) return this.#watch;
    const stop = new AbortController();
    const watch: Watch = {
      alive: new Mirror(keys.routerAlive),
      applied: new Mirror(keys.routerApplied),
      stop,
    };
    const hint = (): void => this.#hints.forEach((wake) => wake());
    void watch.alive.start(this.#registry.store, hint, stop.signal);
    void watch.applied.start(this.#registry.store, hint, stop.signal);
    this.#watch = watch;
    return watch;
  }

  #release(): void {
    this.#users -= 1;
    const watch = this.#watch;
    if (this.#users > 0 || !watch) return;
    void this.#clock.sleep(LINGER_MS, watch.stop.signal).then(
      () => {
        if (this.#users === 0 && this.#watch === watch) this.close();
      },
      () => undefined,
    );
  }

  /** Ends the watch, if there is one. */
  close(): void {
    this.#watch?.stop.abort();
    this.#watch = undefined;
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const nap = new AbortController();
    const wake = (): void => nap.abort();
    this.#hints.add(wake);
    try {
      await this.#clock.sleep(ms, AbortSignal.any([signal, nap.signal]));
    } catch (error) {
      if (signal.aborted || !nap.signal.aborted) throw error;
    } finally {
      this.#hints.delete(wake);
    }
  }
}

function isDone(
  { alive, applied }: Watch,
  id: string,
  { address, revision }: Upstream,
  absentSince: Map<string, number>,
  now: number,
): boolean {
  if (isDrainedAt(applied.get(id)?.value, address, revision)) return true;
  if (alive.get(id)) {
    absentSince.delete(id);
    return false;
  }
  const since = absentSince.get(id) ?? now;
  absentSince.set(id, since);
  return now - since >= ROUTER_GONE_MS;
}
