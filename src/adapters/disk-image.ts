// A machine's disk: a sparse file with an ext4 file system, so that a full disk is real and harms one machine only.
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { run } from './process.ts';

/** Makes the image with `bytes` of room if it does not exist; it takes up only what is written to it. */
export async function ensureDiskImage(
  file: string,
  bytes: number,
  signal: AbortSignal,
): Promise<void> {
  if (existsSync(file)) return;
  const unfinished = `${file}.new`;
  await rm(unfinished, { force: true });
  const handle = await open(unfinished, 'w', 0o600);
  await handle.truncate(bytes);
  await handle.close();
  const quick = 'lazy_itable_init=1,lazy_journal_init=1,discard';
  await run('mkfs.ext4', ['-q', '-F', '-m', '0', '-E', quick, unfinished], {}, signal);
  await rename(unfinished, file);
}
