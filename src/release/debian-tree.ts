// Files of Debian's packages for another processor, unpacked side by side: nothing of them is run.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mmdebstrap } from '../adapters/mmdebstrap.ts';
import { SUITE } from '../machines/image-layers.ts';
import { PROCESSORS, type Processor } from '../model/processor.ts';

/** Notes what was unpacked as dpkg does (system-packages.ts reads it), and leaves out what nobody needs. */
const NOTES = `cd "$1"
for package in var/cache/apt/archives/*.deb; do
  echo 'Status: install ok installed'; dpkg-deb -f "$package" Package Version Architecture; echo
done > var/lib/dpkg/status
rm -rf usr/share var/cache/apt var/lib/apt`;

/** The folder in `cache`: as if `packages`, and what they need, had been installed there without being set up. */
export async function debianTree(
  cache: string,
  processor: Processor,
  packages: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const { debian } = PROCESSORS[processor];
  const recipe = JSON.stringify([SUITE, debian, packages, NOTES]);
  const digest = createHash('sha256').update(recipe).digest('hex').slice(0, 16);
  const folder = join(cache, `tree-${digest}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.new-${process.pid}`;
  try {
    const words = [
      '--quiet',
      '--mode=root',
      '--variant=extract',
      '--format=directory',
      `--architectures=${debian}`,
      '--aptopt=Apt::Install-Recommends "false"',
      `--include=${packages.join(',')}`,
      `--extract-hook=${NOTES}`,
      SUITE,
      fresh,
    ];
    await mmdebstrap(words, `${folder}.scratch`, signal);
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}
