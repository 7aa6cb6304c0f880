// What is pushed to this replica is brought to all others that are live, two at least where there are two machines.

import { DeisError, toDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { ImageCopies, StoredImage } from '../ports/image-copies.ts';
import type { Log } from '../ports/log.ts';

export interface ReplicatorOptions {
  /** Own address, `host:port`. */
  own: string;
  /** The other published replicas. */
  peers: () => readonly string[];
  /** Machines that are alive. */
  machines: () => number;
  /** All replicas keep their images in one place: nothing to bring. */
  shared: () => boolean;
  copies: ImageCopies;
  clock: Clock;
  log: Log;
}

/** A push waits this long for a second replica, or for one that fails, ms. */
const PATIENCE_MS = 60_000;
const AGAIN_MS = 500;
/** Layers brought ahead at once; more wait for their image. */
const LAYERS_AT_ONCE = 4;

export class Replicator {
  readonly #options: ReplicatorOptions;
  readonly #layers = new Map<string, Promise<void>>();

  constructor(options: ReplicatorOptions) {
    this.#options = options;
  }

  /** Begins to bring it at once. What fails here is tried again with the image. */
  layerCame(repository: string, digest: string, signal: AbortSignal): void {
    const { own, peers, shared, copies, log } = this.#options;
    const id = `${repository}@${digest}`;
    if (shared() || this.#layers.has(id) || this.#layers.size >= LAYERS_AT_ONCE) return;
    const bring = peers().map((peer) => copies.copyBlob({ repository, digest }, own, peer, signal));
    const done = Promise.allSettled(bring).then((results) => {
      this.#layers.delete(id);
      for (const result of results) {
        if (result.status === 'fulfilled' || signal.aborted) continue;
        log.debug('layer not brought ahead', { error: toDeisError(result.reason).message });
      }
    });
    this.#layers.set(id, done);
  }

  /**
   * Resolves when every published replica, two at least where two machines are alive, holds the image.
   * Throws DeisError('unavailable') with the reason after a minute.
   */
  async imageCame(image: StoredImage, signal: AbortSignal): Promise<void> {
    const { peers, shared, clock } = this.#options;
    if (shared()) return;
    await Promise.all(this.#layers.values());
    const givesUp = clock.monotonic() + PATIENCE_MS;
    const holders = new Set<string>();
    for (;;) {
      const failures = await this.#bring(image, holders, signal);
      const live = peers();
      const missing = live.filter((peer) => !holders.has(peer));
      const held = 1 + live.length - missing.length;
      if (missing.length === 0 && held >= this.#fewest()) return;
      if (clock.monotonic() >= givesUp) throw this.#tooFew(image, held, missing, failures);
      await clock.sleep(AGAIN_MS, signal);
    }
  }

  #fewest(): number {
    return Math.min(2, Math.max(1, this.#options.machines()));
  }

  /** To every live replica that lacks it; adds those that have it now to `holders`, answers why others have not. */
  async #bring(
    image: StoredImage,
    holders: Set<string>,
    signal: AbortSignal,
  ): Promise<Map<string, string>> {
    const { own, peers, copies } = this.#options;
    const failures = new Map<string, string>();
    const bring = async (peer: string): Promise<void> => {
      try {
        await copies.copy(image, own, peer, signal);
        holders.add(peer);
      } catch (error) {
        signal.throwIfAborted();
        failures.set(peer, toDeisError(error).message);
      }
    };
    await Promise.all(
      peers()
        .filter((peer) => !holders.has(peer))
        .map(bring),
    );
    return failures;
  }

  #tooFew(
    { repository, digest }: StoredImage,
    held: number,
    missing: readonly string[],
    failures: ReadonlyMap<string, string>,
  ): DeisError {
    this.#options.log.warn('image not on all replicas', { repository, digest, held });
    const [peer] = missing;
    if (peer !== undefined) {
      const why = failures.get(peer) ?? 'it does not answer';
      const text = `The registry replica at ${peer} could not take ${repository}: ${why}`;
      return new DeisError(
        'unavailable',
        text,
        'Try again; see `deisctl list` and `deisctl disk`.',
      );
    }
    return new DeisError(
      'unavailable',
      `Only ${held} replica of the image registry is running, and an image is kept on two machines.`,
      'Start another one: deisctl scale registry=2. Then push again.',
    );
  }
}
