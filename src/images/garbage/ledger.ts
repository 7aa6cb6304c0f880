// Remembers which app each image was named by: when the app's records are gone, the images must still be known to be its.

import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Build } from '../../model/app.ts';
import { isMissing } from '../../model/missing.ts';
import { ownImage } from '../../model/own-image.ts';

const shape = z.record(z.string(), z.string());
const FILE = '.deis-named.json';

/** `load` once. */
export class Ledger {
  readonly #path: string;
  #named = new Map<string, string>();

  constructor(folder: string) {
    this.#path = join(folder, FILE);
  }

  /** App by digest. */
  get named(): ReadonlyMap<string, string> {
    return this.#named;
  }

  /** A file that is missing or cannot be understood is begun anew: what is not in it stays. */
  async load(): Promise<void> {
    try {
      const read = shape.safeParse(JSON.parse(await readFile(this.#path, 'utf8')));
      if (read.success) this.#named = new Map(Object.entries(read.data));
    } catch (error) {
      if (!isMissing(error) && !(error instanceof SyntaxError)) throw error;
    }
  }

  /** Adds what builds name and forgets what is neither named nor here. Writes only what is new. */
  async note(builds: readonly Build[], here: ReadonlySet<string>): Promise<void> {
    const next = new Map([...this.#named].filter(([digest]) => here.has(digest)));
    for (const { app, reference } of builds) {
      const image = ownImage(reference);
      if (image) next.set(image.digest, app);
    }
    const text = JSON.stringify(Object.fromEntries(next));
    if (text === JSON.stringify(Object.fromEntries(this.#named))) return;
    await writeFile(`${this.#path}.new`, text, { mode: 0o600 });
    await rename(`${this.#path}.new`, this.#path);
    this.#named = next;
  }
}
