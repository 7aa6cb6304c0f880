// How full the disks below some folders are, in bytes and in inodes; and, of a full one, which files are the largest.

import { lstat, opendir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExaminedDisk } from '../model/examination.ts';

/** For the search for large files on one disk. */
const SEARCH_MS = 1000;
const MOST_ENTRIES = 50_000;
const LARGEST = 3;
/** Below this a file is not worth naming: part of the disk. */
const LARGE_SHARE = 0.02;

/** One row for each disk; folders that are not there are left out. */
export async function diskSpace(folders: readonly string[]): Promise<ExaminedDisk[]> {
  const byDevice = new Map<number, string[]>();
  for (const folder of folders) {
    const found = await stat(folder).catch(() => undefined);
    if (found) byDevice.set(found.dev, [...(byDevice.get(found.dev) ?? []), folder]);
  }
  return Promise.all([...byDevice.values()].map(oneDisk));
}

async function oneDisk(holds: string[]): Promise<ExaminedDisk> {
  const [path] = holds.toSorted((a, b) => a.length - b.length);
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(path!);
  const reserved = bfree - bavail;
  return {
    path: path!,
    holds,
    size: (blocks - reserved) * bsize,
    free: bavail * bsize,
    inodes: files,
    inodesFree: ffree,
  };
}

/** Breadth first, on the one disk, for a second at most. */
export async function largestFiles(
  { holds, size }: ExaminedDisk,
  signal: AbortSignal,
): Promise<{ path: string; size: number }[]> {
  const end = performance.now() + SEARCH_MS;
  const found: { path: string; size: number }[] = [];
  const device = (await stat(holds[0]!)).dev;
  const folders = [...holds];
  let seen = 0;
  while (folders.length > 0 && seen < MOST_ENTRIES && performance.now() < end) {
    signal.throwIfAborted();
    const folder = folders.shift()!;
    const entries = await opendir(folder).catch(() => undefined); // gone, or not ours to read
    if (!entries) continue;
    for await (const entry of entries) {
      const path = join(folder, entry.name);
      seen += 1;
      if (seen > MOST_ENTRIES || performance.now() > end) break;
      if (!entry.isDirectory() && !entry.isFile()) continue;
      const info = await lstat(path).catch(() => undefined);
      if (!info) continue;
      // Files of an overlay show the device of the layer they lie in; folders show the overlay's own.
      if (entry.isDirectory() && info.dev === device) folders.push(path);
      if (entry.isFile() && info.blocks * 512 > size * LARGE_SHARE) {
        found.push({ path, size: info.blocks * 512 });
      }
    }
  }
  const unique = [...new Map(found.map((file) => [file.path, file])).values()];
  return unique.toSorted((a, b) => b.size - a.size).slice(0, LARGEST);
}
