// What a router remembers on disk, so that it serves after a start without the store and knows the store again.

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { DeisError } from '../model/errors.ts';
import type { Log } from '../ports/log.ts';

const schema = z.object({
  /** The store it learned this from, and how far that one was. */
  store: z.object({ clusterId: z.string(), revision: z.number() }).optional(),
  /** Suffix of the hosts. */
  domain: z.string().optional(),
  hosts: z.record(z.string(), z.string()),
  groups: z.record(z.string(), z.array(z.string())),
  builders: z.array(z.string()),
  /** Values under /deis/router/, as they were written there. */
  settings: z.record(z.string(), z.string()),
});

export type Remembered = z.infer<typeof schema>;

export const NOTHING: Remembered = { hosts: {}, groups: {}, builders: [], settings: {} };

/** One file; `load` once, then `change`. */
export class Memory {
  readonly #path: string;
  readonly #log: Log;
  #now: Remembered = NOTHING;
  #written = '';
  #queue: Promise<void> = Promise.resolve();
  /** True when a file from an earlier life was there. */
  found = false;

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  get now(): Remembered {
    return this.#now;
  }

  /** A file that cannot be understood is left aside with a warning: better no memory than a wrong one. */
  async load(): Promise<void> {
    try {
      const text = await readFile(this.#path, 'utf8');
      this.#now = schema.parse(JSON.parse(text));
      this.found = true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.warn('ignored a malformed file', { path: this.#path, reason });
    }
  }

  /** Resolves when the change would survive a power cut. Throws DeisError('internal') naming the file. */
  change(change: Partial<Remembered>): Promise<void> {
    this.#now = { ...this.#now, ...change };
    const written = this.#queue.then(() => this.#write());
    this.#queue = written.catch(() => undefined); // its caller sees the failure
    return written;
  }

  async #write(): Promise<void> {
    const text = JSON.stringify(this.#now, null, 1);
    if (text === this.#written) return;
    const beside = `${this.#path}.new`;
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      const file = await open(beside, 'w', 0o600);
      try {
        await file.writeFile(text);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(beside, this.#path);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DeisError('internal', `cannot write ${this.#path}: ${reason}`, '', { cause });
    }
    this.#written = text;
  }
}
