// Brings to this replica what releases name and it lacks; until then it is not published.

import { toDeisError } from '../model/errors.ts';
import type { OwnImage } from '../model/own-image.ts';
import type { Clock } from '../ports/clock.ts';
import type { ImageCopies } from '../ports/image-copies.ts';
import type { Log } from '../ports/log.ts';

export interface CatchUpOptions {
  own: string;
  /** What releases name, now. Throws while the store is away. */
  needed: (signal: AbortSignal) => Promise<OwnImage[]>;
  /** Other replicas, published or not, that may have what this one lacks. */
  sources: (signal: AbortSignal) => Promise<string[]>;
  copies: ImageCopies;
  clock: Clock;
  log: Log;
}

/** Replicas that are away hold up the publication of one that has all the rest for so long, ms. */
const WAIT_FOR_AWAY_MS = 60_000;
/** What was seen here once is looked at again after this time, ms. */
const LOOK_AGAIN_MS = 600_000;
const AT_ONCE = 3;

type Found = 'here' | 'away' | 'lost';

export class CatchUp {
  /** Why this replica is not to be published yet; undefined once it was complete. */
  problem: string | undefined = 'it has not seen yet what releases name';
  /** Images that no replica has. */
  lost: readonly string[] = [];
  readonly #options: CatchUpOptions;
  readonly #here = new Set<string>();
  #lookedAt = -Infinity;
  #waitsSince: number | undefined;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** What was seen here may be gone: the images are kept in another place now. */
  doubt(): void {
    this.#here.clear();
  }

  /** One look at everything. True when nothing is missing that somebody could still give. */
  async pass(signal: AbortSignal): Promise<boolean> {
    const { needed, sources, clock } = this.#options;
    if (clock.monotonic() - this.#lookedAt > LOOK_AGAIN_MS) {
      this.#here.clear();
      this.#lookedAt = clock.monotonic();
    }
    const missing = await this.#missing(await needed(signal), signal);
    const from = missing.length > 0 ? await sources(signal) : [];
    const counts: Record<Found, string[]> = { here: [], away: [], lost: [] };
    await inTurns(missing, AT_ONCE, async (image) => {
      if (this.problem !== undefined) {
        const done = counts.here.length + counts.away.length + counts.lost.length;
        this.problem = `it copies what releases name: ${done} of ${missing.length}`;
      }
      counts[await this.#fetch(image, from, signal)].push(`${image.repository}@${image.digest}`);
    });
    this.#tellLost(counts.lost);
    return this.#conclude(counts.away);
  }

  #conclude(away: readonly string[]): boolean {
    const { clock, log } = this.#options;
    if (away.length === 0) {
      if (this.problem !== undefined) log.info('replica is complete', { images: this.#here.size });
      this.problem = undefined;
      this.#waitsSince = undefined;
      return true;
    }
    this.#waitsSince ??= clock.monotonic();
    if (clock.monotonic() - this.#waitsSince >= WAIT_FOR_AWAY_MS) this.problem = undefined;
    if (this.problem !== undefined) {
      this.problem = `it lacks ${away.length} images, and a replica that may have them does not answer`;
    }
    return false;
  }

  async #missing(needed: readonly OwnImage[], signal: AbortSignal): Promise<OwnImage[]> {
    const { own, copies } = this.#options;
    const missing: OwnImage[] = [];
    await inTurns(needed, AT_ONCE, async (image) => {
      if (this.#here.has(image.digest)) return;
      if (await copies.holds(own, image, signal)) this.#here.add(image.digest);
      else missing.push(image);
    });
    return missing;
  }

  async #fetch(image: OwnImage, from: readonly string[], signal: AbortSignal): Promise<Found> {
    const { own, copies, log } = this.#options;
    let someAway = false;
    for (const source of from) {
      try {
        if (!(await copies.copy(image, source, own, signal))) continue;
        this.#here.add(image.digest);
        log.info('image copied', { ...image, from: source });
        return 'here';
      } catch (error) {
        signal.throwIfAborted();
        someAway = true;
        log.warn('image not copied', { ...image, source, error: toDeisError(error).message });
      }
    }
    return someAway ? 'away' : 'lost';
  }

  #tellLost(lost: readonly string[]): void {
    const before = new Set(this.lost);
    for (const image of lost) {
      if (!before.has(image)) this.#options.log.error('no replica has an image', { image });
    }
    this.lost = lost;
  }
}

/** Some at a time; the first failure ends it. */
async function inTurns<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
