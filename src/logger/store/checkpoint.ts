// What is certain: how far each app's text and each machine's journal were when both were on disk. After a crash the logger
// goes back to it, and the machines send what came after once more: their journals still have it.

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { DeisError } from '../../model/errors.ts';
import { ifMissing } from '../../model/missing.ts';

const place = z.object({ cursor: z.string(), time: z.number() });

const openLine = z.object({
  machine: z.string(),
  name: z.string(),
  app: z.string(),
  process: z.string(),
  release: z.number(),
  time: z.number(),
  error: z.boolean(),
  old: z.boolean(),
  id: z.string(),
  /** Base64 of what has come. */
  bytes: z.string(),
});

const checkpoint = z.object({
  v: z.literal(1),
  /** When this logger began, ms since the epoch. */
  began: z.number(),
  /** By machine-id. */
  machines: z.record(z.string(), place),
  /** Where each app's text ends. */
  ends: z.record(z.string(), z.number()),
  /** Lines whose last piece has not come. */
  open: z.array(openLine),
  /** By drain and app: up to where it was sent. */
  drains: z.record(z.string(), z.record(z.string(), z.number())),
  /** By app: the last that the controller told of it. */
  told: z.record(z.string(), z.object({ at: z.string(), text: z.string() })),
});

export type Checkpoint = z.infer<typeof checkpoint>;
export type OpenLine = z.infer<typeof openLine>;

export function firstCheckpoint(now: number): Checkpoint {
  return { v: 1, began: now, machines: {}, ends: {}, open: [], drains: {}, told: {} };
}

/** Undefined when there is none: this logger begins. A malformed one is an error: nobody but us writes it. */
export async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  const text = await readFile(path, 'utf8').catch(ifMissing(undefined));
  if (text === undefined) return undefined;
  try {
    return checkpoint.parse(JSON.parse(text));
  } catch (cause) {
    const hint = 'Move it away: the machines then send again what their journals still have.';
    throw new DeisError('internal', `${path} is malformed`, hint, { cause });
  }
}

/** Complete on disk before it takes the old one's place. */
export async function writeCheckpoint(path: string, value: Checkpoint): Promise<void> {
  const beside = `${path}.new`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(beside, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(value));
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
