// What a replica knows of the cluster: its settings, the other replicas, which machines live, what releases name.

import { readGarbageSettings } from '../model/garbage-settings.ts';
import { keptImages } from '../model/kept-images.ts';
import { type OwnImage, ownImage } from '../model/own-image.ts';
import { keys } from '../registry/keys.ts';
import { Mirror } from '../registry/mirror.ts';
import type { Registry } from '../registry/registry.ts';

/** What units/deis-registry@.service is published under, and how its units are named. */
const GROUP = 'deis-registry';
const UNIT = /^deis-registry@[0-9]+\.service$/;

export interface KnowledgeOptions {
  registry: Registry;
  /** `host:port` of this replica. */
  own: string;
  port: number;
  /** What changed is for the reader to find out. */
  hint: () => void;
  /** Settings of the platform, which say what is garbage, changed. */
  settingsHint: () => void;
}

/** `run(signal)` once. Without the store it stays what it was. */
export class Knowledge {
  readonly #options: KnowledgeOptions;
  readonly #settings = new Mirror(keys.settings, ['registry']);
  readonly #platform = new Mirror(keys.settings, ['platform']);
  readonly #published = new Mirror(keys.services, [GROUP]);
  readonly #alive = new Mirror(keys.alive);
  readonly #builds = new Mirror(keys.builds);

  constructor(options: KnowledgeOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { store } = this.#options.registry;
    const { hint, settingsHint } = this.#options;
    await Promise.all([
      this.#settings.start(store, hint, signal),
      this.#published.start(store, hint, signal),
      this.#alive.start(store, hint, signal),
      this.#builds.start(store, hint, signal),
      this.#platform.start(store, settingsHint, signal),
    ]);
  }

  /** Settings of the component `registry`; undefined until the store has told them. */
  settings(): Record<string, string> | undefined {
    if (this.#settings.revision === 0) return undefined;
    return Object.fromEntries(this.#settings.items().map(({ ids, value }) => [ids[1]!, value]));
  }

  /** The other published replicas. */
  peers(): string[] {
    const { own } = this.#options;
    const all = this.#published.items().map(({ value }) => value);
    return [...new Set(all)].filter((address) => address !== own);
  }

  isPublished(): boolean {
    return this.#published.items().some(({ value }) => value === this.#options.own);
  }

  machines(): number {
    return this.#alive.size;
  }

  async needed(signal: AbortSignal): Promise<OwnImage[]> {
    const { registry } = this.#options;
    const [builds, releases, units, platform] = await Promise.all([
      registry.list(keys.builds, [], signal),
      registry.list(keys.releases, [], signal),
      registry.list(keys.appUnits, [], signal),
      registry.list(keys.settings, ['platform'], signal),
    ]);
    const settings = platform.items.map(({ ids, value }) => [ids[1]!, value] as const);
    const kept = keptImages({
      builds: builds.items.map(({ value }) => value),
      releases: releases.items.map(({ value }) => value),
      units: units.items.map(({ value }) => value),
      keepReleases: readGarbageSettings(Object.fromEntries(settings)).keepReleases,
    });
    return [...kept.keys()].flatMap((reference) => ownImage(reference) ?? []);
  }

  /** The machines of all other replicas, published or not: each may have what this one lacks. */
  async sources(signal: AbortSignal): Promise<string[]> {
    const { registry, port, own } = this.#options;
    const [machines, placements] = await Promise.all([
      registry.list(keys.machines, [], signal),
      registry.list(keys.placements, [], signal),
    ]);
    const ips = new Map(machines.items.map(({ value }) => [value.id, value.ip]));
    const placed = placements.items
      .filter(({ ids, value }) => UNIT.test(ids[1]!) && value.want === 'run')
      .flatMap(({ ids }) => ips.get(ids[0]!) ?? [])
      .map((ip) => `${ip}:${port}`);
    return [...new Set([...this.peers(), ...placed])].filter((address) => address !== own);
  }
}
