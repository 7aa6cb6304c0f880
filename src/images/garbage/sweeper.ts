// Takes images out of this replica by rule: manifests first, then, while nobody pushes, the layers that nothing names any more.

import type { Stored, StoredReport } from '../../model/disk-report.ts';
import { toDeisError } from '../../model/errors.ts';
import { type GarbageSettings, readGarbageSettings } from '../../model/garbage-settings.ts';
import { keptImages } from '../../model/kept-images.ts';
import { ownImage } from '../../model/own-image.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ImageCopies } from '../../ports/image-copies.ts';
import type { Log } from '../../ports/log.ts';
import { keys } from '../../registry/keys.ts';
import { appsInPush } from '../../registry/pushes.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Gate } from '../gate.ts';
import type { Ledger } from './ledger.ts';
import { type Facts, type Verdict, freedBytes, plan } from './plan.ts';
import { shelvedImages } from './shelf.ts';

export interface SweeperOptions {
  registry: Registry;
  folder: string;
  ledger: Ledger;
  gate: Gate;
  copies: ImageCopies;
  /** Address of the image store behind the front. */
  store: string;
  /** Takes away layers that nothing names. */
  sweep: (signal: AbortSignal) => Promise<void>;
  clock: Clock;
  log: Log;
}

/** No push has written anything for so long: none is under way, ms. */
const QUIET_MS = 60_000;
/** When somebody was pushing, ms. */
const AGAIN_MS = 5000;

interface Look {
  verdicts: Verdict[];
  settings: GarbageSettings;
  /** Somebody pushes to some app. */
  inPush: boolean;
}

type GarbageReport = NonNullable<StoredReport['garbage']>;

export class Sweeper {
  readonly #options: SweeperOptions;
  /** Something may lie here that nothing names: true at the start, as nobody knows how the last life ended. */
  #due = true;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** One look; answers when to look again, ms. */
  async pass(signal: AbortSignal): Promise<number> {
    const { gate } = this.#options;
    const { verdicts, settings, inPush } = await this.#look(signal);
    // The image store refuses to sweep where nobody has ever pushed anything.
    if (verdicts.length === 0) this.#due = false;
    const soon = Math.min(AGAIN_MS, settings.garbageEvery * 1000);
    const goes = verdicts.some((verdict) => verdict.goes);
    if (goes && !(await gate.alone(0, () => this.#remove(signal)))) return soon;
    // A build's layers come before the image that names them.
    if (this.#due && inPush) return soon;
    if (this.#due)
      await this.#sweepLayers(Math.min(QUIET_MS, settings.garbageGrace * 1000), signal);
    return settings.garbageEvery * 1000;
  }

  /** While nobody writes, so by another look: an old image may have been pushed anew since the last one. */
  async #remove(signal: AbortSignal): Promise<void> {
    const { copies, store, log } = this.#options;
    const { verdicts } = await this.#look(signal);
    for (const { image, goes, reason } of verdicts) {
      if (!goes) continue;
      const { repository, digest } = image;
      await copies.remove(store, { repository, digest }, signal);
      this.#due = true;
      log.info('image removed', { repository, digest, reason });
    }
  }

  async report(signal: AbortSignal): Promise<GarbageReport> {
    const { verdicts } = await this.#look(signal);
    const told = (goes: boolean): Stored[] =>
      verdicts
        .filter((verdict) => verdict.goes === goes)
        .map(({ image: { repository, digest, tags }, reason }) => ({
          image: `${repository}@${digest}`,
          tags,
          reason,
        }));
    return {
      images: verdicts.length,
      bytes: freedBytes(verdicts),
      goes: told(true),
      stays: told(false),
      sweepDue: this.#due,
    };
  }

  async #look(signal: AbortSignal): Promise<Look> {
    const { registry, folder, ledger, clock } = this.#options;
    const images = await shelvedImages(folder);
    // The store is read after the shelf: what came meanwhile is not on the list at all. Pushes first: see appsInPush.
    const pushed = await appsInPush(registry, signal);
    const [apps, builds, releases, units, graves, values] = await Promise.all([
      registry.list(keys.apps, [], signal),
      registry.list(keys.builds, [], signal),
      registry.list(keys.releases, [], signal),
      registry.list(keys.appUnits, [], signal),
      registry.list(keys.graves, [], signal),
      registry.list(keys.settings, ['platform'], signal),
    ]);
    const settings = readGarbageSettings(
      Object.fromEntries(values.items.map(({ ids, value }) => [ids[1]!, value])),
    );
    const valuesOf = <T>(listing: { items: { value: T }[] }): T[] =>
      listing.items.map(({ value }) => value);
    const kept = keptImages({
      builds: valuesOf(builds),
      releases: valuesOf(releases),
      units: valuesOf(units),
      keepReleases: settings.keepReleases,
    });
    await ledger.note(valuesOf(builds), new Set(images.map(({ digest }) => digest)));
    const facts: Facts = {
      images,
      kept: new Map(
        [...kept].flatMap(([reference, reason]) => {
          const image = ownImage(reference);
          return image ? [[image.digest, reason] as const] : [];
        }),
      ),
      apps: new Set(valuesOf(apps).map(({ id }) => id)),
      graves: new Map(
        valuesOf(graves).map(({ app, destroyed }) => [app, Date.parse(destroyed)] as const),
      ),
      named: ledger.named,
      pushed,
      now: clock.now(),
      grace: settings.garbageGrace * 1000,
    };
    // A record that cannot be read may be the one that needs an image.
    const unread = [apps, builds, releases, units].flatMap(({ malformed }) => malformed);
    const verdicts = plan(facts);
    const [problem] = unread;
    const inPush = pushed.size > 0;
    if (problem === undefined) return { verdicts, settings, inPush };
    const reason = `a record cannot be read: ${problem}`;
    return {
      verdicts: verdicts.map(({ image }) => ({ image, goes: false, reason })),
      settings,
      inPush,
    };
  }

  async #sweepLayers(quiet: number, signal: AbortSignal): Promise<void> {
    const { gate, sweep, log } = this.#options;
    try {
      const swept = await gate.alone(quiet, () => sweep(signal));
      if (!swept) return;
      this.#due = false;
      log.info('layers swept');
    } catch (error) {
      signal.throwIfAborted();
      log.warn('layers not swept', { error: toDeisError(error).message });
    }
  }
}
