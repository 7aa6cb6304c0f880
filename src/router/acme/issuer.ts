// Certificates that the platform gets by itself: the one router that leads orders them, one after the other; all routers show them.

import { Loop } from '../../daemon/loop.ts';
import type { AcmeOrder } from '../../model/acme.ts';
import { DeisError } from '../../model/errors.ts';
import { AuthorityAway, type CertificateAuthority } from '../../ports/certificate-authority.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Vault } from '../../ports/vault.ts';
import { keys } from '../../registry/keys.ts';
import { lead, type Term } from '../../registry/leadership.ts';
import { put, type Registry, remove } from '../../registry/registry.ts';
import { accountAt, keepAccount } from './account.ts';
import { certified, failed } from './outcome.ts';
import { type AcmeWorld, type Due, forgottenOrders, planOrders } from './plan.ts';
import { proofsOf } from './proofs.ts';

/** What orders are planned from, and the settings they are made with. */
export interface IssuerWorld extends Omit<AcmeWorld, 'now'> {
  /** As readSettings gives them. */
  values: Record<string, string>;
}

export interface IssuerNeeds {
  registry: Registry;
  vault: Vault;
  /** Who stands for the leadership. */
  machine: string;
  /** Undefined while the store was not seen whole, or orders are switched off. */
  world: () => IssuerWorld | undefined;
  authority: (directory: string, ca: string) => Promise<CertificateAuthority>;
  /** Where routers answer challenges to each other. */
  port: number;
  clock: Clock;
  log: Log;
}

const TTL_SECONDS = 15;
/** One order may take so long, ms: the authority looks from several places. */
const ORDER_MS = 180_000;
/** Dates move on without a hint. */
const EVERY_MS = 60_000;
/** Our own copy of the store is as new as our last write within this, or the store is sick. */
const SEEN_MS = 5000;

/** `run` once; `hint` whenever domains, certificates or settings may have changed. */
export class Issuer {
  readonly #needs: IssuerNeeds;
  #loop: Loop | undefined;
  #wake: (() => void) | undefined;
  #candidacy: AbortController | undefined;
  /** The authority was away, or wants to be left alone: until then (ms since 1970) nothing is ordered from it. */
  #pause: { directory: string; until: number } | undefined;

  constructor(needs: IssuerNeeds) {
    this.#needs = needs;
  }

  readonly hint = (): void => {
    this.#wake?.();
    this.#loop?.hint();
    if (this.#candidacy && !this.#needs.world()) {
      this.#candidacy.abort(new Error('orders are switched off'));
    }
  };

  /** Stands for the leadership while orders are switched on, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { registry, machine: candidate, clock, log, world } = this.#needs;
    const options = { registry, role: 'acme', candidate, ttl: TTL_SECONDS, clock, log };
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
    while (!signal.aborted) {
      if (!world()) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      this.#candidacy = new AbortController();
      const both = AbortSignal.any([signal, this.#candidacy.signal]);
      await lead(options, (term) => this.#serve(term), both);
    }
  }

  async #serve(term: Term): Promise<void> {
    const { clock, log } = this.#needs;
    await this.#sweep(term);
    const pass = (signal: AbortSignal): Promise<void> => this.#pass(term, signal);
    this.#loop = new Loop({ name: 'acme', pass, every: EVERY_MS, atLeast: 500, clock, log });
    await this.#loop.run(term.signal);
    this.#loop = undefined;
  }

  /** Challenges of an earlier leader: nobody waits for them any more. */
  async #sweep(term: Term): Promise<void> {
    const { items } = await this.#needs.registry.list(keys.acmeChallenges, [], term.signal);
    const writes = items.slice(0, 100).map(({ ids }) => remove(keys.acmeChallenges, ids));
    if (writes.length > 0) await term.commit([], writes, term.signal);
  }

  async #pass(term: Term, signal: AbortSignal): Promise<void> {
    const { world, clock } = this.#needs;
    for (let seen = world(); seen; seen = world()) {
      const now = { ...seen, now: clock.now() };
      const forgotten = forgottenOrders(now).slice(0, 100);
      const writes = forgotten.map((domain) => remove(keys.acmeOrders, [domain]));
      if (writes.length > 0) await term.commit([], writes, signal);
      const [next] = planOrders(now);
      if (!next || this.#isPaused(now)) return;
      await this.#order(term, next, seen, signal);
    }
  }

  #isPaused({ values, now }: { values: Record<string, string>; now: number }): boolean {
    const pause = this.#pause;
    return pause?.directory === values['acmeDirectory'] && pause!.until > now;
  }

  async #order(
    term: Term,
    { domain, reason }: Due,
    { values, orders }: IssuerWorld,
    signal: AbortSignal,
  ): Promise<void> {
    const { log, clock } = this.#needs;
    log.info('ordering a certificate', { domain, reason });
    let order: AcmeOrder;
    this.#pause = undefined;
    try {
      order = await this.#obtain(term, domain, { values, orders }, signal);
      log.info('got a certificate', { domain, expires: order.expires });
    } catch (error) {
      if (signal.aborted) throw error;
      const { retry, problem } = (order = failed(domain, orders.get(domain), error, clock.now()));
      log.warn('got no certificate', { domain, error: problem, retry });
      if (error instanceof AuthorityAway) {
        this.#pause = { directory: values['acmeDirectory'] ?? '', until: Date.parse(retry) };
      }
    }
    await term.commit([], [put(keys.acmeOrders, [domain], order)], signal);
    await this.#seen(domain, order.updated, signal);
  }

  /** Else the next look would find this order missing, and make it again. */
  async #seen(domain: string, updated: string, signal: AbortSignal): Promise<void> {
    const { world, clock } = this.#needs;
    const deadline = clock.monotonic() + SEEN_MS;
    while (world() && world()?.orders.get(domain)?.updated !== updated) {
      if (clock.monotonic() > deadline) throw new DeisError('unavailable', 'the store is behind');
      await clock.sleep(20, signal);
    }
  }

  async #obtain(
    term: Term,
    domain: string,
    { values, orders }: Pick<IssuerWorld, 'values' | 'orders'>,
    signal: AbortSignal,
  ): Promise<AcmeOrder> {
    const { registry, vault, clock, log, port, authority } = this.#needs;
    const { acmeDirectory: directory = '', acmeDnsHook: dnsHook = '', acmeEmail } = values;
    const needs = { registry, vault, term, clock };
    const account = await accountAt(needs, directory, signal);
    const dnsWaitMs = Number(values['acmeDnsWait']) * 1000;
    const proofs = proofsOf({ registry, term, port, dnsHook, dnsWaitMs, clock, log });
    const by = await authority(directory, values['acmeCa'] ?? '');
    const tooLong = `the authority did not sign within ${ORDER_MS / 1000} s`;
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(new DeisError('timeout', tooLong)), ORDER_MS);
    const who = { ...account, email: acmeEmail || undefined };
    const both = AbortSignal.any([signal, patience.signal]);
    const issued = await by.obtain(domain, who, proofs, both).finally(() => clearTimeout(timer));
    if (account.url !== issued.account) {
      await keepAccount(needs, directory, { key: account.key, url: issued.account }, signal);
    }
    const order = certified(domain, issued, orders.get(domain), clock.now());
    return { ...order, key: vault.seal(issued.key, keys.acmeOrders.key(domain)) };
  }
}
