// What a router watches in the store, and how it reads as the world its view is made of.

import type { Store } from '../ports/store.ts';
import { DEFAULT_FORMATION } from '../model/formation.ts';
import { isReservedAppId } from '../model/ids.ts';
import { keys } from '../registry/keys.ts';
import { Mirror } from '../registry/mirror.ts';
import { domainProblem } from './view.ts';
import type { AcmeWorld } from './acme/plan.ts';
import type { Brought } from './keyring.ts';
import type { Snapshot } from './plan.ts';
import { isSealed, KEY_CONTEXT } from './seal-key.ts';
import { isSetting } from './settings.ts';

/** Where apps live when no domain was ever set; the controller names the same. */
export const FIRST_DOMAIN = 'paas.localhost';

/** `start` once. Of apps it tells those of its formation only: who is in no other one is in the default one. */
export class Sources {
  readonly #formation: string;
  readonly #formations = new Mirror(keys.formations);
  /** A record that is missing takes no app away: what it said last counts. */
  readonly #places = new Map<string, string>();
  readonly services = new Mirror(keys.services);
  readonly #apps = new Mirror(keys.apps);
  readonly #platform = new Mirror(keys.settings, ['platform']);
  readonly #router = new Mirror(keys.settings, ['router']);
  readonly #controller = new Mirror(keys.settings, ['controller']);
  readonly #domains = new Mirror(keys.domains);
  readonly #routing = new Mirror(keys.routing);
  readonly #certs = new Mirror(keys.certs);
  readonly #orders = new Mirror(keys.acmeOrders);
  readonly #challenges = new Mirror(keys.acmeChallenges);
  readonly #all = [
    this.services,
    this.#apps,
    this.#platform,
    this.#router,
    this.#controller,
    this.#domains,
    this.#routing,
    this.#certs,
    this.#orders,
    this.#challenges,
    this.#formations,
  ];

  constructor(formation = DEFAULT_FORMATION) {
    this.#formation = formation;
  }

  /** Resolves when the signal ends the watches. */
  async start(
    store: Store,
    onHint: () => void,
    onSettings: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    await Promise.all(
      this.#all.map((mirror) =>
        mirror.start(store, mirror === this.#router ? onSettings : onHint, signal),
      ),
    );
  }

  /** True when every part was seen at least once. */
  isComplete(): boolean {
    return this.#all.every((mirror) => mirror.revision > 0);
  }

  /** How often a watch broke, in all. */
  get breaks(): number {
    return this.#all.reduce((sum, mirror) => sum + mirror.breaks, 0);
  }

  /** Store revision up to which upstreams are known. */
  get revision(): number {
    return this.services.revision;
  }

  /** The domain that is set, and what is wrong with it. */
  domain(): { text: string | undefined; problem: string | undefined } {
    const said =
      this.#formation === DEFAULT_FORMATION
        ? this.#platform.get('platform', 'domain')?.value
        : this.#formations.get(this.#formation)?.value.domain;
    const text = said?.trim().toLowerCase();
    return { text, problem: text === undefined ? undefined : domainProblem(text) };
  }

  /** `lastDomain`: the good one we had, for when the present one is not. */
  world(lastDomain: string | undefined): Snapshot['world'] {
    const { text, problem } = this.domain();
    const subdomain = this.#controller.get('controller', 'subdomain')?.value ?? 'deis';
    return {
      domain: (problem ? undefined : text) ?? lastDomain ?? FIRST_DOMAIN,
      subdomain: domainProblem(subdomain) || subdomain.includes('.') ? 'deis' : subdomain,
      hasControllers: this.#formation === DEFAULT_FORMATION,
      services: this.services
        .items()
        .filter(({ ids }) => this.#isOurs(ids[0]!))
        .map(({ ids, value }) => ({ group: ids[0]!, unit: ids[1]!, address: value.trim() })),
    };
  }

  /** The rest of what routes are planned from. */
  snapshot(): Pick<Snapshot, 'apps' | 'domains' | 'routing' | 'settings' | 'challenges'> {
    const challenges = this.#challenges.items().filter(({ ids, value }) => isSound(ids[0]!, value));
    return {
      apps: this.#apps
        .items()
        .filter(({ ids }) => this.#isOurs(ids[0]!))
        .map(({ ids, value }) => ({ id: ids[0]!, owner: value.owner })),
      domains: this.#domains
        .items()
        .map(({ ids, value }) => ({ domain: ids[0]!, app: value.app, owner: value.owner })),
      routing: new Map(this.#routing.items().map(({ ids, value }) => [ids[0]!, value.settings])),
      settings: this.settings().stored,
      challenges: Object.fromEntries(challenges.map(({ ids, value }) => [ids[0]!, value.answer])),
    };
  }

  /** Certificates as they are stored: those of users, those the platform got by itself, the operators' one. */
  certificates(): Brought[] {
    const users = this.#certs
      .items()
      .map(({ ids, value: { certificate, key, owner } }): Brought => {
        const context = keys.certs.key(...ids);
        return { name: ids[0]!, certificate, key, context, kind: 'user', owner };
      });
    const got = this.#orders.items().flatMap(({ ids, value: { certificate, key } }): Brought[] => {
      const context = keys.acmeOrders.key(...ids);
      return certificate && key ? [{ name: ids[0]!, certificate, key, context, kind: 'acme' }] : [];
    });
    return [...users, ...got, ...platformCertificate(this.settings().stored)];
  }

  /** What the orders of certificates are planned from. */
  acme(): Pick<AcmeWorld, 'domains' | 'apps' | 'unwilling' | 'orders'> {
    const { domains, routing } = this.snapshot();
    const unwilling = [...routing].filter(([, settings]) => settings['acme'] === 'off');
    return {
      domains,
      apps: new Set(this.#apps.items().map(({ ids }) => ids[0]!)),
      unwilling: new Set(unwilling.map(([app]) => app)),
      orders: new Map(this.#orders.items().map(({ ids, value }) => [ids[0]!, value])),
    };
  }

  /** What carries a reserved name is the platform's: only its own view decides what becomes of it. */
  #isOurs(group: string): boolean {
    const app = this.#apps.get(group);
    if (app) this.#places.set(group, app.value.formation ?? DEFAULT_FORMATION);
    if (isReservedAppId(group)) return true;
    return (this.#places.get(group) ?? DEFAULT_FORMATION) === this.#formation;
  }

  /** Why domains have no certificate of the authority, by `*acme <domain>`. */
  acmeProblems(): Record<string, string> {
    const failed = this.#orders.items().filter(({ value }) => value.problem !== undefined);
    return Object.fromEntries(
      failed.map(({ ids, value }) => [
        `*acme ${ids[0]}`,
        `${value.problem}; again at ${value.retry}`,
      ]),
    );
  }

  /** The settings of the router, and the store revision of the last one that was written. */
  settings(): { stored: Record<string, string>; revision: number } {
    const items = this.#router.items().filter(({ ids }) => isSetting(ids[1]!));
    return {
      stored: Object.fromEntries(items.map(({ ids, value }) => [ids[1]!, value])),
      revision: Math.max(0, ...items.map(({ modRevision }) => modRevision)),
    };
  }

  /** The operators' key as it stands in the store. */
  key(): { value: string; modRevision: number } | undefined {
    return this.#router.get('router', 'sslKey');
  }

  /** Is this router's heartbeat there, as far as we know? It may have been deleted by hand. */
  seesHeartbeat(machine: string, createRevision: number): boolean {
    return (
      this.#router.revision <= createRevision ||
      this.#router.get('router', `alive/${machine}`) !== undefined
    );
  }

  /** Store revision up to which settings are known. */
  get settingsRevision(): number {
    return this.#router.revision;
  }
}

const TOKEN = /^[A-Za-z0-9_-]{1,200}$/;

/** RFC 8555, section 8.1: the token, a dot, the thumbprint of the account's key. */
function isSound(token: string, { answer }: { answer: string }): boolean {
  return (
    TOKEN.test(token) &&
    answer.startsWith(`${token}.`) &&
    TOKEN.test(answer.slice(token.length + 1))
  );
}

/** The operators' certificate for all hosts, from the settings it is stored in. */
export function platformCertificate(stored: Record<string, string>): Brought[] {
  const { sslCert: certificate, sslKey: key } = stored;
  const name = 'of the platform (router/sslCert)';
  if (!certificate || !key) return [];
  const brought: Brought = { name, certificate, key, kind: 'platform' };
  return [isSealed(key) ? { ...brought, key: key.trim(), context: KEY_CONTEXT } : brought];
}
