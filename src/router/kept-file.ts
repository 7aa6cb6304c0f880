// A file of JSON that survives a power cut: read once, written whole.

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { DeisError } from '../model/errors.ts';
import { isMissing } from '../model/missing.ts';
import type { Log } from '../ports/log.ts';

/** `load` once, then `write`; readable by its owner only. */
export class KeptFile<T> {
  readonly #path: string;
  readonly #schema: z.ZodType<T>;
  readonly #log: Log;
  #written = '';
  #queue: Promise<void> = Promise.resolve();

  constructor(path: string, schema: z.ZodType<T>, log: Log) {
    this.#path = path;
    this.#schema = schema;
    this.#log = log;
  }

  /** Undefined when there is none. One that cannot be understood is left aside with a warning: better no memory than a wrong one. */
  async load(): Promise<T | undefined> {
    try {
      return this.#schema.parse(JSON.parse(await readFile(this.#path, 'utf8')));
    } catch (error) {
      if (isMissing(error)) return undefined;
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.warn('ignored a malformed file', { path: this.#path, reason });
      return undefined;
    }
  }

  /** Resolves when it would survive a power cut. Throws DeisError('internal') naming the file. */
  write(value: T): Promise<void> {
    const text = JSON.stringify(value, null, 1);
    const written = this.#queue.then(() => this.#write(text));
    this.#queue = written.catch(() => undefined); // its caller sees the failure
    return written;
  }

  async #write(text: string): Promise<void> {
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
