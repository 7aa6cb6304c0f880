// What a router watches in the store, and how it reads as the world its view is made of.

import type { Store } from '../ports/store.ts';
import { keys } from '../registry/keys.ts';
import { Mirror } from '../registry/mirror.ts';
import { domainProblem, type RouterWorld } from './view.ts';
import { isSetting } from './settings.ts';

/** Where apps live when no domain was ever set; the controller names the same. */
const FIRST_DOMAIN = 'paas.localhost';

/** `start` once. */
export class Sources {
  readonly services = new Mirror(keys.services);
  readonly #apps = new Mirror(keys.apps);
  readonly #platform = new Mirror(keys.settings, ['platform']);
  readonly #router = new Mirror(keys.settings, ['router']);
  readonly #controller = new Mirror(keys.settings, ['controller']);
  readonly #all = [this.services, this.#apps, this.#platform, this.#router, this.#controller];

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
    const text = this.#platform.get('platform', 'domain')?.value.trim().toLowerCase();
    return { text, problem: text === undefined ? undefined : domainProblem(text) };
  }

  /** `lastDomain`: the good one we had, for when the present one is not. */
  world(lastDomain: string | undefined): RouterWorld {
    const { text, problem } = this.domain();
    const subdomain = this.#controller.get('controller', 'subdomain')?.value ?? 'deis';
    return {
      domain: (problem ? undefined : text) ?? lastDomain ?? FIRST_DOMAIN,
      subdomain: domainProblem(subdomain) || subdomain.includes('.') ? 'deis' : subdomain,
      apps: this.#apps.items().map(({ ids }) => ids[0]!),
      services: this.services
        .items()
        .map(({ ids, value }) => ({ group: ids[0]!, unit: ids[1]!, address: value.trim() })),
    };
  }

  /** The settings of the router, and the store revision of the last one that was written. */
  settings(): { stored: Record<string, string>; revision: number } {
    const items = this.#router.items().filter(({ ids }) => isSetting(ids[1]!));
    return {
      stored: Object.fromEntries(items.map(({ ids, value }) => [ids[1]!, value])),
      revision: Math.max(0, ...items.map(({ modRevision }) => modRevision)),
    };
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
