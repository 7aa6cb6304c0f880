// The waiter's files on this machine's disk: written before a unit is installed, read again after a reboot.

import { readFile } from 'node:fs/promises';
import { isMissing } from '../model/missing.ts';
import { writeAtomically } from './disk.ts';
import { type WaiterFile, waiterPaths } from './waiter-files.ts';

/** In the given order: the one that names the digest comes last. */
export async function writeWaiterFiles(files: readonly WaiterFile[]): Promise<void> {
  for (const { path, content } of files) await writeAtomically(path, content, { durable: true });
}

/** Digest of the spec on disk; empty when there is none: units without a container of ours have none. */
export async function readWaiterDigest(unit: string, directory: string): Promise<string> {
  const path = waiterPaths(unit, directory)[1]!;
  try {
    const [, digest = ''] = (await readFile(path, 'utf8')).split(' ');
    return digest;
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}
