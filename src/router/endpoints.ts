// The endpoints path: what the store publishes → view → every worker → disk → confirmed. No file, no reload but for the first gate.

import { isDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Certificates } from './certificate-store.ts';
import type { Farewell } from './farewell.ts';
import type { Files } from './files.ts';
import type { Memory } from './memory.ts';
import { type Plan, planRoutes, takesMore } from './plan.ts';
import { needsGate } from './policy.ts';
import type { Server } from './server.ts';
import type { Sources } from './sources.ts';
import type { Trust } from './trust.ts';

/** The store does not answer: look again after so long, ms. */
const ASK_AGAIN_MS = 500;

export interface EndpointsNeeds {
  sources: Sources;
  trust: Trust;
  server: Server;
  memory: Memory;
  certificates: Certificates;
  farewell: Farewell;
  files: Files;
  clock: Clock;
  log: Log;
  /** Something can be confirmed that could not be before. */
  onApplied: () => void;
}

/** `pass` is one pass of its loop. */
export class Endpoints {
  readonly #needs: EndpointsNeeds;
  /** Store revision up to which published upstreams are in effect in every worker, and on disk; 0 before the first. */
  revision = 0;
  /** App → what of it is left out. */
  refused: Record<string, string> = {};

  constructor(needs: EndpointsNeeds) {
    this.#needs = needs;
  }

  /** Answers ms until it wants to look again, if sooner than usual. */
  async pass(signal: AbortSignal): Promise<number | void> {
    const { trust, onApplied } = this.#needs;
    const hold = trust.hold;
    try {
      return await this.#follow(signal);
    } catch (error) {
      // Without the store, and with a web server that does not take a change, the last view stays and nothing is claimed.
      if (signal.aborted || !isDeisError(error, 'unavailable', 'timeout')) throw error;
      this.#needs.log.debug('routes wait', { error: error.message });
      return ASK_AGAIN_MS;
    } finally {
      if (trust.hold !== hold) onApplied(); // people shall see it
    }
  }

  async #follow(signal: AbortSignal): Promise<number | void> {
    const { sources, trust, memory, certificates, farewell, clock } = this.#needs;
    if (!sources.isComplete()) return;
    if (!(await trust.confirm(sources.breaks, signal))) return ASK_AGAIN_MS;
    const revision = sources.revision;
    const { text: domain, problem } = sources.domain();
    const world = sources.world(memory.now.domain);
    const { offers, refused } = await certificates.offers(sources.certificates(), world.domain);
    const plan = planRoutes({ ...sources.snapshot(), world, offers, now: clock.now() });
    if (takesMore(memory.now, plan) && !(await trust.markStands(signal))) return ASK_AGAIN_MS;
    await this.#serve(plan, revision, problem ? undefined : domain, signal);
    const told = JSON.stringify(this.refused);
    const unsigned = sources.acmeProblems();
    this.refused = {
      ...plan.refused,
      ...refused,
      ...unsigned,
      ...(problem ? { '*domain': problem } : {}),
    };
    if (JSON.stringify(this.refused) !== told) this.#needs.onApplied();
    await farewell.heed(signal);
    if (revision <= this.revision) return;
    this.revision = revision;
    this.#needs.onApplied();
  }

  /** Order matters: first true in every worker, then on disk, and only then may it be confirmed. */
  async #serve(
    plan: Plan,
    revision: number,
    domain: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { server, files, memory, certificates } = this.#needs;
    const { hosts, groups, policies, challenges, builders } = plan;
    const ids = Object.values(plan.certificates);
    const bundles = certificates.bundles(ids);
    const named = { certificates: plan.certificates, bundles };
    if (Object.values(policies).some(needsGate)) await files.openGates(signal);
    await server.put({ hosts, groups, policies, challenges, ...named }, signal);
    const { store, domain: before } = memory.now;
    const known = store && { ...store, revision: Math.max(store.revision, revision) };
    const kept = domain ?? before;
    await certificates.remember(ids);
    await memory.change({
      hosts,
      groups,
      policies,
      certificates: plan.certificates,
      builders,
      ...(known ? { store: known } : {}),
      ...(kept === undefined ? {} : { domain: kept }),
    });
  }
}
