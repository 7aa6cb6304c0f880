// Can this replica still keep what is pushed? Looks at its disk by writing to it.

import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskFigures } from '../model/disk-report.ts';

/** Below this nothing is taken any more: the image store itself needs room to end what it has begun, bytes. */
const LEAST_FREE = 64 * 1024 * 1024;

/** What is wrong with the folder's disk; undefined: nothing. Never throws. */
export async function storageProblem(folder: string): Promise<string | undefined> {
  const probe = join(folder, '.deis-probe');
  try {
    const { free } = await diskFigures(folder);
    if (free < LEAST_FREE) {
      return `the disk of ${folder} is full: ${Math.floor(free / 1024 / 1024)} MB are free`;
    }
    await writeFile(probe, 'x');
    await rm(probe);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `${folder} cannot be written: ${why}`;
  }
}

export async function diskFigures(path: string): Promise<DiskFigures> {
  const { bsize, blocks, bavail } = await statfs(path);
  return { size: blocks * bsize, free: bavail * bsize };
}
