// May the store take routes away? Not when it is another one, an older one, or one that lost what every platform has.

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Log } from '../ports/log.ts';
import { keys } from '../registry/keys.ts';
import type { Registry } from '../registry/registry.ts';
import type { Memory } from './memory.ts';

export interface TrustOptions {
  registry: Registry;
  memory: Memory;
  /** An operator makes this file to say: the present store is the right one. */
  acceptFile: string;
  log: Log;
}

/** A member may lag behind: the store counts as gone back only after so many looks. */
const LOOKS = 3;

/** `confirm` before each use of what the store said; `hold` names what is wrong with it. */
export class Trust {
  readonly #options: TrustOptions;
  #hold: string | undefined;
  #confirmedBreaks = -1;
  #looksBehind = 0;

  constructor(options: TrustOptions) {
    this.#options = options;
  }

  /** Why routes stay as they are; undefined: the store is believed. */
  get hold(): string | undefined {
    return this.#hold;
  }

  /**
   * Asks the store who it is, once after each break of a watch (`breaks` counts them) and again while on hold.
   * Throws 'unavailable' when it does not answer: then nothing it said is confirmed.
   */
  async confirm(breaks: number, signal: AbortSignal): Promise<boolean> {
    if (breaks === this.#confirmedBreaks && !this.#hold) return true;
    const { registry, memory } = this.#options;
    const identity = await registry.store.identity(signal);
    if (this.#lagsBehind(identity)) return false;
    let problem = this.#problemWith(identity);
    if (problem && (await this.#accepted(problem))) problem = undefined;
    if (!problem && this.#hold && !(await this.markStands(signal))) return false;
    this.#say(problem);
    if (problem) return false;
    this.#confirmedBreaks = breaks;
    await memory.change({ store: { clusterId: identity.clusterId, revision: identity.revision } });
    return true;
  }

  /**
   * A platform always has a domain, and machines that say so. When both are gone, somebody emptied the store. Asked whenever a
   * change would take something away, because different watches may tell one great deletion in any order.
   */
  async markStands(signal: AbortSignal): Promise<boolean> {
    const { registry, memory } = this.#options;
    const domain = await registry.get(keys.settings, ['platform', 'domain'], signal);
    if (domain) return true;
    const machines = memory.now.domain
      ? []
      : (await registry.list(keys.machines, [], signal)).items;
    if (machines.length > 0) return true;
    this.#say('the store has lost its platform settings: was /deis deleted?');
    return false;
  }

  #lagsBehind(identity: { clusterId: string; revision: number }): boolean {
    const known = this.#options.memory.now.store;
    const isBehind = known?.clusterId === identity.clusterId && identity.revision < known.revision;
    this.#looksBehind = isBehind ? this.#looksBehind + 1 : 0;
    return isBehind && this.#looksBehind < LOOKS;
  }

  #problemWith(identity: { clusterId: string; revision: number }): string | undefined {
    const known = this.#options.memory.now.store;
    if (!known) return undefined;
    if (known.clusterId !== identity.clusterId) {
      return `this is another store: its cluster id is ${identity.clusterId}, ours was ${known.clusterId}`;
    }
    if (identity.revision >= known.revision) return undefined;
    return `the store went back from revision ${known.revision} to ${identity.revision}`;
  }

  async #accepted(was: string): Promise<boolean> {
    const { acceptFile, log } = this.#options;
    if (!existsSync(acceptFile)) return false;
    await rm(acceptFile);
    log.warn('accepted another store', { was });
    return true;
  }

  #say(problem: string | undefined): void {
    if (problem === this.#hold) return;
    this.#hold = problem;
    if (problem) this.#options.log.error('routes stay as they are', { reason: problem });
    else this.#options.log.info('routes follow the store again');
  }
}
