// Keeps the image store running with the configuration that the settings say, and starts it anew when they change.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { ImageStore } from '../ports/image-store.ts';
import type { Log } from '../ports/log.ts';
import { distributionConfig } from './distribution-config.ts';
import { type Storage, readStorage } from './settings.ts';

export interface StoreKeeperOptions {
  images: ImageStore;
  /** Where images and the last known settings are kept. */
  folder: string;
  /** `127.0.0.1:5001` */
  listen: string;
  /** Undefined while the cluster's store has not told them. */
  settings: () => Record<string, string> | undefined;
  clock: Clock;
  log: Log;
}

/** After a start the settings of the last life are used when the store is silent for so long, ms. */
const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 250;
const AGAIN_MS = 1000;
/** Settings are a set: those that are written one after the other take effect together, ms. */
const SETTLE_MS = 500;
const FILE = '.deis-settings.json';

/** `run(signal)` once. */
export class StoreKeeper {
  /** Why nothing is served; undefined while the image store runs. */
  problem: string | undefined = 'it waits for its settings';
  #storage: Storage = { kind: 'filesystem' };
  readonly #options: StoreKeeperOptions;

  constructor(options: StoreKeeperOptions) {
    this.#options = options;
  }

  /** All replicas see the same images. */
  get isShared(): boolean {
    return this.#storage.kind === 's3';
  }

  config(): string {
    const { folder, listen } = this.#options;
    return distributionConfig({ storage: this.#storage, folder, listen });
  }

  async run(signal: AbortSignal): Promise<void> {
    let values = await this.#firstSettings(signal);
    while (!signal.aborted) {
      const changed = new AbortController();
      const given = AbortSignal.any([signal, changed.signal]);
      const text = JSON.stringify(values);
      const serving = this.#serve(values, given);
      values = await this.#nextSettings(text, signal).finally(() => {
        changed.abort(new Error('the settings changed'));
      });
      await serving;
      if (!signal.aborted) this.#options.log.info('settings changed');
    }
  }

  /** Until the signal aborts: an image store that ends is started again. */
  async #serve(values: Record<string, string>, signal: AbortSignal): Promise<void> {
    const { images, clock, log } = this.#options;
    const read = readStorage(values);
    if ('problem' in read) {
      this.problem = `its settings are not complete: ${read.problem}`;
      log.error('settings refused', { reason: read.problem });
      return;
    }
    this.#storage = read.storage;
    await this.#remember(values);
    while (!signal.aborted) {
      this.problem = undefined;
      try {
        await images.serve(this.config(), signal);
      } catch (error) {
        if (signal.aborted) return;
        this.problem = toDeisError(error).message;
        log.error('image store ended', { error: this.problem });
        await clock.sleep(AGAIN_MS, signal).catch(() => undefined);
      }
    }
  }

  async #firstSettings(signal: AbortSignal): Promise<Record<string, string>> {
    const { settings, clock, log } = this.#options;
    const givesUp = clock.monotonic() + PATIENCE_MS;
    for (;;) {
      const told = settings();
      if (told) return told;
      if (clock.monotonic() >= givesUp) {
        const remembered = await this.#recall();
        if (remembered) {
          log.warn('settings of the last time used', { reason: 'the store does not answer' });
          return remembered;
        }
      }
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  async #nextSettings(present: string, signal: AbortSignal): Promise<Record<string, string>> {
    const { settings, clock } = this.#options;
    let settled: string | undefined;
    for (;;) {
      await clock.sleep(SETTLE_MS, signal).catch(() => undefined);
      const told = settings();
      const text = told && JSON.stringify(told);
      if (signal.aborted) return {};
      if (told && text !== present && text === settled) return told;
      settled = text;
    }
  }

  /** Root-only: it may hold the keys of a bucket. A disk that is full must not stop what can be read from it. */
  async #remember(values: Record<string, string>): Promise<void> {
    const { folder, log } = this.#options;
    const path = join(folder, FILE);
    try {
      await mkdir(folder, { recursive: true });
      await writeFile(`${path}.new`, JSON.stringify(values), { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch (error) {
      log.warn('settings not remembered', { error: toDeisError(error).message });
    }
  }

  async #recall(): Promise<Record<string, string> | undefined> {
    try {
      const text = await readFile(join(this.#options.folder, FILE), 'utf8');
      return JSON.parse(text) as Record<string, string>;
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (isMissing || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}
