// Sees to it that every replica of the image registry, also one that came later or lost its disk, holds what releases name.

import { Loop } from '../daemon/loop.ts';
import { toDeisError } from '../model/errors.ts';
import { keys } from '../registry/keys.ts';
import { Mirror } from '../registry/mirror.ts';
import type { HoldLock } from './deployment/drivers.ts';
import type { Services } from './services.ts';

type Tools = Pick<Services, 'registry' | 'images' | 'clock' | 'log'>;

/** What units/deis-registry@.service is published under. */
const REGISTRY_ROUTE = 'deis-registry';
const EVERY_MS = 10 * 60_000;
/** A replica that was just published gets this long to settle, ms. */
const AT_LEAST_MS = 2000;

/** `run(signal)` once. One controller at a time copies; the others then find nothing to do. */
export class ImageKeeper {
  readonly #tools: Tools;
  readonly #holdLock: HoldLock;
  readonly #replicas = new Mirror(keys.services, [REGISTRY_ROUTE]);
  #served = '';

  constructor(tools: Tools, holdLock: HoldLock) {
    this.#tools = tools;
    this.#holdLock = holdLock;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { registry, clock, log } = this.#tools;
    const loop = new Loop({
      name: 'images',
      pass: (passSignal) => this.#pass(passSignal),
      every: EVERY_MS,
      atLeast: AT_LEAST_MS,
      clock,
      log,
    });
    const onHint = (): void => {
      if (this.#addresses() !== this.#served) loop.hint();
    };
    await Promise.all([this.#replicas.start(registry.store, onHint, signal), loop.run(signal)]);
  }

  async #pass(signal: AbortSignal): Promise<void> {
    const addresses = this.#addresses();
    this.#served = addresses;
    if (!addresses.includes(' ')) return;
    await this.#holdLock('image-copies', (tenure) => this.#keepAll(tenure.signal), signal);
  }

  /** One image that cannot be kept does not hold up the others. */
  async #keepAll(signal: AbortSignal): Promise<void> {
    const { images, log } = this.#tools;
    for (const reference of await this.#references(signal)) {
      try {
        const copies = await images.keep(reference, signal);
        if (copies > 0) log.info('image copied', { reference, copies });
      } catch (error) {
        signal.throwIfAborted();
        log.warn('image not kept', { reference, error: toDeisError(error).message });
      }
    }
  }

  /** Of all builds whose releases run or can be rolled back to. */
  async #references(signal: AbortSignal): Promise<string[]> {
    const { registry } = this.#tools;
    const [builds, releases] = await Promise.all([
      registry.list(keys.builds, [], signal),
      registry.list(keys.releases, [], signal),
    ]);
    const usable = releases.items.filter(({ value }) => value.state !== 'failed');
    const wanted = new Set(usable.map(({ value }) => value.build));
    const kept = builds.items.filter(({ value }) => wanted.has(value.uuid));
    return [...new Set(kept.map(({ value }) => value.reference))];
  }

  /** Space between each two. */
  #addresses(): string {
    return this.#replicas
      .items()
      .map(({ value }) => value)
      .sort()
      .join(' ');
  }
}
