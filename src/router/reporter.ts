// Tells the cluster what this router has really done. Written on change, at most five times a second, by its own session only.

import { isDeisError } from '../model/errors.ts';
import type { Applied } from '../model/route.ts';
import { keys } from '../registry/keys.ts';
import { put, type Registry, remove } from '../registry/registry.ts';
import type { Life, Session } from '../registry/session.ts';
import type { RouterAlive } from '../model/route.ts';
import type { Farewell } from './farewell.ts';
import type { Server } from './server.ts';

/** While requests run on withdrawn upstreams, or the server does not answer, look every so often, ms. */
const LOOK_MS = 200;

export interface ReporterNeeds {
  registry: Registry;
  session: Session<RouterAlive>;
  machine: { id: string; ip: string };
  server: Server;
  farewell: Farewell;
  /** What is in effect; asked before the server is asked what runs, so that a count is never older than its revision. */
  effective: () => { endpoints: number; files: number; refused: Record<string, string> };
}

/** `pass` is one pass of its loop. */
export class Reporter {
  readonly #needs: ReporterNeeds;
  #told: { life: Life; text: string; applied: Applied } | undefined;
  /** False from the moment the router leaves: nobody new shall be sent here. */
  inviting = true;

  constructor(needs: ReporterNeeds) {
    this.#needs = needs;
  }

  async pass(signal: AbortSignal): Promise<number | void> {
    const { registry, session, machine, server, farewell } = this.#needs;
    const life = session.current();
    if (!life || !server.running()) return;
    const inviting = this.inviting && farewell.since === undefined;
    try {
      const applied = await this.#applied(signal);
      if (!applied) return LOOK_MS;
      const text = JSON.stringify([applied, inviting]);
      if (this.#told?.life.fence !== life.fence || this.#told.text !== text) {
        const { lease } = life;
        const host = inviting
          ? put(keys.routerHosts, [machine.id], `${machine.ip}:80`, { lease })
          : remove(keys.routerHosts, [machine.id]);
        const report = put(keys.routerApplied, [machine.id], applied, { lease });
        const { applied: written } = await registry.commit([life.fence], [report, host], signal);
        if (!written) session.doubt();
        else this.#told = { life, text, applied };
      }
      return Object.keys(applied.busy).length > 0 ? LOOK_MS : undefined;
    } catch (error) {
      if (signal.aborted || !isDeisError(error, 'unavailable', 'timeout')) throw error;
      return LOOK_MS;
    }
  }

  /** Undefined while something may run that nobody counts: then what was told last stays the truth. */
  async #applied(signal: AbortSignal): Promise<Applied | undefined> {
    const { server, farewell, effective } = this.#needs;
    const claim = effective();
    const { busy, settled } = await server.state(signal);
    if (!settled) return undefined;
    const published = new Set(Object.values(server.routes.groups).flat());
    const withdrawn = [...busy]
      .filter(([address]) => !published.has(address))
      .sort(([one], [other]) => one.localeCompare(other));
    return { ...claim, busy: Object.fromEntries([...withdrawn, ...farewell.busy(busy)]) };
  }
}
