// A router that is taken away, but not told to end yet: nobody new is sent here, what runs here may end by itself.
//
// Its own upstream is what the agent withdraws before it stops a router, and drains like any other: this router counts what runs
// through it under its own address. So a WebSocket ends with its client, or when the agent's patience does, and a router that is
// wanted again in the meantime goes on as if nothing had been.

import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { keys } from '../registry/keys.ts';
import type { Registry } from '../registry/registry.ts';
import type { Server } from './server.ts';
import type { Sources } from './sources.ts';
import { ROUTERS } from './view.ts';

export interface FarewellNeeds {
  registry: Registry;
  sources: Sources;
  server: Server;
  machine: { id: string };
  /** Name of this router's unit. */
  unit: string;
  /** `ip:port` as the agent publishes it. */
  address: string;
  /** How long those who balance over routers need to notice, ms. */
  closingMs: () => number;
  clock: Clock;
  log: Log;
}

export class Farewell {
  /** Monotonic ms since when nobody new is to come; undefined: it stays. */
  since: number | undefined;
  readonly #needs: FarewellNeeds;

  constructor(needs: FarewellNeeds) {
    this.#needs = needs;
  }

  /** To be called before a revision of upstreams is confirmed: whoever withdraws us reads `busy` after that. */
  async heed(signal: AbortSignal): Promise<void> {
    const { registry, sources, machine, unit } = this.#needs;
    const isPublished = sources.services.get(ROUTERS, unit) !== undefined;
    if (isPublished === (this.since === undefined)) return;
    if (isPublished) return this.#stay(signal);
    const placement = await registry.get(keys.placements, [machine.id, unit], signal);
    const wanted = await registry.get(keys.platformUnits, [unit], signal);
    // Not published yet, unhealthy, about to be restarted: no reason to send people away.
    const isToStop = placement !== undefined && placement.value.want !== 'run';
    const isUnwanted = wanted !== undefined && wanted.value.desired !== 'launched';
    if (isToStop || isUnwanted) await this.#go(signal);
  }

  /** What is to be reported as running at our own address, given all that runs. */
  busy(running: ReadonlyMap<string, number>): [address: string, count: number][] {
    const { address, closingMs, clock } = this.#needs;
    if (this.since === undefined) return [];
    const count = [...running.values()].reduce((sum, one) => sum + one, 0);
    const isYoung = clock.monotonic() - this.since < closingMs();
    return count > 0 || isYoung ? [[address, Math.max(1, count)]] : [];
  }

  async #go(signal: AbortSignal): Promise<void> {
    const { server, clock, log } = this.#needs;
    this.since = clock.monotonic();
    log.info('sends nobody away', { closing_ms: this.#needs.closingMs() });
    await server.put({ leaving: true, closing: true }, signal);
  }

  async #stay(signal: AbortSignal): Promise<void> {
    const { server, log } = this.#needs;
    await server.put({ leaving: false, closing: false }, signal);
    this.since = undefined;
    log.info('stays');
  }
}
