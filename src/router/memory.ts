// What a router remembers on disk, so that it serves after a start without the store and knows the store again.

import { z } from 'zod';
import type { Log } from '../ports/log.ts';
import type { Policy } from '../ports/web-server.ts';
import { KeptFile } from './kept-file.ts';

const policy = z.object({
  body: z.number().optional(),
  connect: z.number().optional(),
  send: z.number().optional(),
  read: z.number().optional(),
  affinity: z
    .object({ kind: z.enum(['cookie', 'arg', 'header', 'ip', 'off']), name: z.string() })
    .optional(),
  allow: z.array(z.object({ bytes: z.string(), bits: z.number() })).optional(),
  maintenance: z.string().optional(),
  https: z.literal(true).optional(),
  auth: z.string().optional(),
}) as z.ZodType<Policy>;

const schema = z.object({
  /** The store it learned this from, and how far that one was. */
  store: z.object({ clusterId: z.string(), revision: z.number() }).optional(),
  /** Suffix of the hosts. */
  domain: z.string().optional(),
  hosts: z.record(z.string(), z.string()),
  groups: z.record(z.string(), z.array(z.string())),
  policies: z.record(z.string(), policy).default({}),
  /** Host → id of its certificate. */
  certificates: z.record(z.string(), z.string()).default({}),
  builders: z.array(z.string()),
  /** Values under /deis/router/, as they were written there. */
  settings: z.record(z.string(), z.string()),
});

export type Remembered = z.infer<typeof schema>;

export const NOTHING: Remembered = {
  hosts: {},
  groups: {},
  policies: {},
  certificates: {},
  builders: [],
  settings: {},
};

/** One file; `load` once, then `change`. */
export class Memory {
  readonly #file: KeptFile<Remembered>;
  #now: Remembered = NOTHING;
  /** True when a file from an earlier life was there. */
  found = false;

  constructor(path: string, log: Log) {
    this.#file = new KeptFile(path, schema, log);
  }

  get now(): Remembered {
    return this.#now;
  }

  async load(): Promise<void> {
    const loaded = await this.#file.load();
    this.found = loaded !== undefined;
    this.#now = loaded ?? NOTHING;
  }

  /** Resolves when the change would survive a power cut. Throws DeisError('internal') naming the file. */
  change(change: Partial<Remembered>): Promise<void> {
    this.#now = { ...this.#now, ...change };
    return this.#file.write(this.#now);
  }
}
