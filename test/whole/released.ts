// What `npm run release` makes, made once for the proofs that look at it.

import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** The folder with the release of the present build. */
export async function releaseFolder(root: string): Promise<string> {
  const folder = join(root, 'release');
  const sums = join(folder, 'SHA256SUMS');
  const changed = async (path: string) => (await stat(path)).mtimeMs;
  if (
    existsSync(sums) &&
    (await changed(sums)) > (await changed(join(root, 'dist/daemon/deisd.js')))
  ) {
    return folder;
  }
  await makeRelease(root);
  return folder;
}

export async function makeRelease(root: string): Promise<void> {
  await execa(process.execPath, ['src/release/main.ts'], { cwd: root });
}
