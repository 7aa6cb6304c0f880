// Files that survive a power cut: the new content is complete on disk before it takes the old one's name.

import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { DeisError } from '../model/errors.ts';
import { ifMissing, isMissing } from '../model/missing.ts';
import type { Log } from '../ports/log.ts';

/** `durable: false` for files under /run, which a power cut takes anyway. */
export interface WriteOptions {
  durable: boolean;
}

/** Readable by root only. Errors are DeisError('internal') that name the file. */
export async function writeAtomically(
  path: string,
  text: string,
  { durable }: WriteOptions,
): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
    if (durable) await syncDirectory(dirname(path));
  } catch (cause) {
    // What is left beside it is harmless, and why it cannot be removed is what we report anyway.
    await rm(beside, { force: true }).catch(() => undefined);
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = 'Is the disk full or read-only?';
    throw new DeisError('internal', `cannot write ${path}: ${reason}`, hint, { cause });
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** The value of a JSON file; undefined when there is none, or (with a warning) when it cannot be understood. */
export async function readJson<T>(
  path: string,
  schema: z.ZodType<T>,
  log: Log,
): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn('ignored a malformed file', { path, reason });
    return undefined;
  }
}

/** All `<name>.json` of a folder that can be understood, by name. */
export async function readFolder<T>(
  folder: string,
  schema: z.ZodType<T>,
  log: Log,
): Promise<Map<string, T>> {
  const found = new Map<string, T>();
  for (const file of await filesOf(folder)) {
    if (!file.endsWith('.json') || file.startsWith('.')) continue;
    const value = await readJson(join(folder, file), schema, log);
    if (value !== undefined) found.set(file.slice(0, -'.json'.length), value);
  }
  return found;
}

async function filesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch(ifMissing<string[]>([]));
}
