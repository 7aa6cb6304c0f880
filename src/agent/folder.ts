// A folder of one JSON file per unit, written in the background: the latest value of each wins, nothing is written twice.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { toDeisError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { readFolder, writeAtomically, type WriteOptions } from './disk.ts';

export interface FolderOptions<T> extends WriteOptions {
  path: string;
  schema: z.ZodType<T>;
  clock: Clock;
  log: Log;
}

const AT_ONCE = 8;
/** File systems take 255 bytes; ours add a dot, an id and `.json`. */
const LONGEST_NAME = 200;

export function fitsFileName(name: string): boolean {
  return Buffer.byteLength(name) <= LONGEST_NAME;
}

const RETRY_MS = 2000;

/** `load()` once; then `put` and `drop` at will while `run(signal)` writes; `settled()` when all is on disk. */
export class Folder<T> {
  readonly #options: FolderOptions<T>;
  /** What the disk holds, or is about to, as text. */
  readonly #texts = new Map<string, string>();
  readonly #dirty = new Set<string>();
  #writing: Promise<void> | undefined;
  #problem: string | undefined;

  constructor(options: FolderOptions<T>) {
    this.#options = options;
  }

  async load(): Promise<Map<string, T>> {
    const { path, schema, log } = this.#options;
    const found = await readFolder(path, schema, log);
    for (const [name, value] of found) this.#texts.set(name, JSON.stringify(value));
    return found;
  }

  /** A name that no file can have is not kept: its unit cannot be installed either. */
  put(name: string, value: T): void {
    if (!fitsFileName(name)) return;
    const text = JSON.stringify(value);
    if (this.#texts.get(name) === text) return;
    this.#texts.set(name, text);
    this.#touch(name);
  }

  drop(name: string): void {
    if (this.#texts.delete(name)) this.#touch(name);
  }

  /** Why the disk is behind, if it is: shown in the status, tried again for ever. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Resolves when everything put so far is on disk or has failed once. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** Tries again what could not be written, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    try {
      for (;;) {
        await clock.sleep(RETRY_MS, signal);
        if (this.#dirty.size > 0) this.#start();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #touch(name: string): void {
    this.#dirty.add(name);
    this.#start();
  }

  #start(): void {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#dirty.size > 0 && this.#problem === undefined) this.#start();
    });
  }

  async #writeAll(): Promise<void> {
    this.#problem = undefined;
    while (this.#dirty.size > 0 && this.#problem === undefined) {
      const names = [...this.#dirty].slice(0, AT_ONCE);
      await Promise.all(names.map((name) => this.#write(name)));
    }
  }

  async #write(name: string): Promise<void> {
    const { path, durable, log } = this.#options;
    const file = join(path, `${name}.json`);
    const text = this.#texts.get(name);
    this.#dirty.delete(name);
    try {
      if (text === undefined) await rm(file, { force: true });
      else await writeAtomically(file, text, { durable });
    } catch (error) {
      this.#dirty.add(name);
      const problem = toDeisError(error);
      if (this.#problem === undefined) log.error('could not save', { error: problem.message });
      this.#problem = problem.message;
    }
  }
}
