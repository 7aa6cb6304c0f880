// Keeps the image store running with the configuration that the settings say, and starts it anew when they change. What the store
// of the former settings holds can be read until it has been brought over.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { toDeisError } from '../model/errors.ts';
import { isMissing } from '../model/missing.ts';
import { type Clock, rest } from '../ports/clock.ts';
import type { ImageStore } from '../ports/image-store.ts';
import type { Log } from '../ports/log.ts';
import { distributionConfig } from './distribution-config.ts';
import { type Storage, readStorage } from './settings.ts';

const remembered = z.object({
  values: z.record(z.string(), z.string()),
  former: z.record(z.string(), z.string()).optional(),
});

export interface StoreKeeperOptions {
  images: ImageStore;
  /** Where images and the last known settings are kept. */
  folder: string;
  /** `127.0.0.1:5001` */
  listen: string;
  /** Where the former store is served meanwhile: `127.0.0.1:5002`. */
  formerListen: string;
  /** Undefined while the cluster's store has not told them. */
  settings: () => Record<string, string> | undefined;
  /** Images are looked for in another place from now on. */
  changed: () => void;
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
  #values: Record<string, string> = {};
  #former: Record<string, string> | undefined;
  #formerEnds = new AbortController();
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

  /** Where images may lie that have not been brought over yet. */
  get formerStore(): string | undefined {
    return this.#former && this.#options.formerListen;
  }

  /** All that releases name is here: the former store is not asked any more. */
  async forgetFormer(): Promise<void> {
    if (!this.#former) return;
    this.#former = undefined;
    this.#formerEnds.abort(new Error('all was brought over'));
    this.#options.log.info('former store left');
    await this.#remember();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#values = await this.#firstSettings(signal);
    while (!signal.aborted) {
      const changed = new AbortController();
      const given = AbortSignal.any([signal, changed.signal]);
      const serving = Promise.all([this.#serve(given), this.#serveFormer(given)]);
      const next = await this.#nextSettings(JSON.stringify(this.#values), signal).finally(() => {
        changed.abort(new Error('the settings changed'));
      });
      await serving;
      if (signal.aborted || !next) return;
      this.#options.log.info('settings changed');
      // One that could not be served holds nothing.
      if (!('problem' in readStorage(this.#values))) this.#former = this.#values;
      this.#values = next;
    }
  }

  /** Until the signal aborts: an image store that ends is started again. */
  async #serve(signal: AbortSignal): Promise<void> {
    const { images, clock, log } = this.#options;
    const read = readStorage(this.#values);
    if ('problem' in read) {
      this.problem = `its settings are not complete: ${read.problem}`;
      log.error('settings refused', { reason: read.problem });
      return;
    }
    this.#storage = read.storage;
    await this.#remember();
    this.#options.changed();
    while (!signal.aborted) {
      this.problem = undefined;
      try {
        await images.serve(this.config(), 'store', signal);
      } catch (error) {
        if (signal.aborted) return;
        this.problem = toDeisError(error).message;
        log.error('image store ended', { error: this.problem });
        await rest(clock, AGAIN_MS, signal);
      }
    }
  }

  async #serveFormer(signal: AbortSignal): Promise<void> {
    const { images, clock, log, folder, formerListen: listen } = this.#options;
    const read = this.#former && readStorage(this.#former);
    if (!read || 'problem' in read) return;
    this.#formerEnds = new AbortController();
    const given = AbortSignal.any([signal, this.#formerEnds.signal]);
    const config = distributionConfig({ storage: read.storage, folder, listen });
    while (!given.aborted) {
      try {
        await images.serve(config, 'former', given);
      } catch (error) {
        if (given.aborted) return;
        log.warn('former store ended', { error: toDeisError(error).message });
        await rest(clock, AGAIN_MS, given);
      }
    }
  }

  async #firstSettings(signal: AbortSignal): Promise<Record<string, string>> {
    const { settings, clock, log } = this.#options;
    const givesUp = clock.monotonic() + PATIENCE_MS;
    const last = await this.#recall();
    for (;;) {
      const told = settings();
      if (told) {
        // Without any memory of ours images lie on the disk, if anywhere.
        const before = last?.values ?? {};
        const isOther = JSON.stringify(before) !== JSON.stringify(told);
        this.#former = isOther ? before : last?.former;
        return told;
      }
      if (clock.monotonic() >= givesUp) {
        if (last) {
          log.warn('settings of the last time used', { reason: 'the store does not answer' });
          return last.values;
        }
      }
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  async #nextSettings(
    present: string,
    signal: AbortSignal,
  ): Promise<Record<string, string> | undefined> {
    const { settings, clock } = this.#options;
    let settled: string | undefined;
    for (;;) {
      await rest(clock, SETTLE_MS, signal);
      const told = settings();
      const text = told && JSON.stringify(told);
      if (signal.aborted) return undefined;
      if (told && text !== present && text === settled) return told;
      settled = text;
    }
  }

  /** Root-only: it may hold the keys of a bucket. A disk that is full must not stop what can be read from it. */
  async #remember(): Promise<void> {
    const { folder, log } = this.#options;
    const path = join(folder, FILE);
    try {
      await mkdir(folder, { recursive: true });
      const known = { values: this.#values, ...(this.#former && { former: this.#former }) };
      await writeFile(`${path}.new`, JSON.stringify(known), { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch (error) {
      log.warn('settings not remembered', { error: toDeisError(error).message });
    }
  }

  async #recall(): Promise<z.infer<typeof remembered> | undefined> {
    try {
      const text = await readFile(join(this.#options.folder, FILE), 'utf8');
      return remembered.safeParse(JSON.parse(text)).data;
    } catch (error) {
      if (isMissing(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}
