// Is this still the store whose orders we followed? A restored, wiped or foreign one is only reported to, never obeyed.

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { readJson, writeAtomically } from './disk.ts';
import { type StoreRecord, storeRecord } from './records.ts';

export interface StoreGuardOptions {
  store: Store;
  /** Folder of the agent that survives a reboot. */
  state: string;
  bootId: string;
  clock: Clock;
  log: Log;
}

/** A file that an operator makes (`deisd accept-store`) to say that the present store is the right one. */
export const ACCEPT_FILE = 'accept-store';

/** Holds the reason, for people on the machine, while the store is not obeyed. */
export const PROBLEM_FILE = 'store-problem';

/** A member may lag behind: the revision counts as gone backwards only after so many looks, a second apart. */
const LOOKS = 3;
const LOOK_EVERY_MS = 1000;
/** How far the revision may move before it is noted on disk again. */
const NOTE_EVERY_MS = 30_000;

/** `load()` once, then `check()` after every gap of the watch, `note()` as revisions pass by. */
export class StoreGuard {
  readonly #options: StoreGuardOptions;
  #record: StoreRecord | undefined;
  #hold: string | undefined;
  #saved = '';
  #savedAt = -Infinity;
  /** At load: the machine was rebooted since the record was written, or there never was one. */
  freshBoot = true;

  constructor(options: StoreGuardOptions) {
    this.#options = options;
  }

  async load(): Promise<void> {
    const { bootId, log } = this.#options;
    this.#record = await readJson(this.#path('store.json'), storeRecord, log);
    this.freshBoot = this.#record?.bootId !== bootId;
  }

  /** Why the store is not obeyed; undefined: it is. */
  get hold(): string | undefined {
    return this.#hold;
  }

  /** Asks the store who it is. Throws when it does not answer: then nothing it said before counts as confirmed. */
  async check(signal: AbortSignal): Promise<void> {
    const { bootId, log } = this.#options;
    const identity = await this.#identify(signal);
    const problem = this.#problemWith(identity);
    if (problem && (await this.#accepted())) {
      log.warn('accepted another store', { was: problem });
      this.#record = undefined;
      return this.check(signal);
    }
    if (problem !== this.#hold) {
      if (problem) log.error('stopped obeying the store', { reason: problem });
      else log.info('obeys the store again', { cluster_id: identity.clusterId });
    }
    if (problem !== this.#hold) await this.#show(problem);
    this.#hold = problem;
    if (problem) return this.#keepHold(identity.clusterId, problem);
    // A word that was not needed must not count for a store of another day.
    await this.#accepted();
    const revision = Math.max(identity.revision, this.#record?.revision ?? 0);
    this.#record = { clusterId: identity.clusterId, revision, bootId };
    await this.save(this.#saved === '');
  }

  /** A store that went back stays suspect also when its revision has grown again: only an operator can know. */
  async #keepHold(clusterId: string, problem: string): Promise<void> {
    if (this.#record?.clusterId !== clusterId || this.#record.wentBack === problem) return;
    this.#record = { ...this.#record, wentBack: problem };
    await this.save(true);
  }

  /** Orders of the disk are being carried out: a restart of ours in this boot need not wait for the store again. */
  async noteBoot(): Promise<void> {
    if (!this.#record || !this.freshBoot) return;
    this.freshBoot = false;
    this.#record = { ...this.#record, bootId: this.#options.bootId };
    await this.save(true);
  }

  /** The store of the record has been seen at this revision. */
  async note(revision: number): Promise<void> {
    if (this.#hold || !this.#record || revision <= this.#record.revision) return;
    this.#record = { ...this.#record, revision };
    await this.save(false);
  }

  /** Writes what is known; unless `now`, at most every half minute. A full disk is told and tried again, and stops no order. */
  async save(now: boolean): Promise<void> {
    const { clock } = this.#options;
    const due = now || clock.monotonic() - this.#savedAt >= NOTE_EVERY_MS;
    const text = this.#record ? JSON.stringify(this.#record) : '';
    if (!due || text === this.#saved) return;
    this.#savedAt = clock.monotonic();
    if (await this.#write('store.json', text)) this.#saved = text;
  }

  /** A lagging member is asked again before its word counts. */
  async #identify(signal: AbortSignal): Promise<{ clusterId: string; revision: number }> {
    const { store, clock } = this.#options;
    for (let look = 1; ; look += 1) {
      const identity = await store.identity(signal);
      const known = this.#record;
      const behind = known?.clusterId === identity.clusterId && identity.revision < known.revision;
      if (!behind || look === LOOKS) return identity;
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  #problemWith({
    clusterId,
    revision,
  }: {
    clusterId: string;
    revision: number;
  }): string | undefined {
    const known = this.#record;
    if (!known) return undefined;
    if (known.wentBack !== undefined) return known.wentBack;
    if (clusterId !== known.clusterId) {
      return `this is another store: its cluster id is ${clusterId}, ours was ${known.clusterId}`;
    }
    if (revision >= known.revision) return undefined;
    return `the store went back behind revision ${known.revision}: was it restored from a backup?`;
  }

  async #show(problem: string | undefined): Promise<void> {
    if (problem === undefined) await rm(this.#path(PROBLEM_FILE), { force: true });
    else await this.#write(PROBLEM_FILE, `${problem}\n`);
  }

  async #write(file: string, text: string): Promise<boolean> {
    try {
      await writeAtomically(this.#path(file), text, { durable: true });
      return true;
    } catch (error) {
      this.#options.log.error('could not save', { error: toDeisError(error).message });
      return false;
    }
  }

  async #accepted(): Promise<boolean> {
    const path = this.#path(ACCEPT_FILE);
    if (!existsSync(path)) return false;
    await rm(path);
    return true;
  }

  #path(file: string): string {
    return join(this.#options.state, file);
  }
}
