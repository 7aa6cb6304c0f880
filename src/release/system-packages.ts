// Debian's packages that a release carries: in the layers of its images, and the store's program beside them.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../adapters/process.ts';
import { type SystemPackage, installedPackages } from './bill.ts';
import { STORE_PACKAGES } from './target.ts';

const STATUS = './var/lib/dpkg/status';
/** Where the programs in bin/ of a machine come from (archive.ts). */
const BESIDE: ReadonlySet<string> = new Set(STORE_PACKAGES);

export async function carriedPackages(
  store: string,
  images: readonly string[],
  staging: string,
  signal: AbortSignal,
): Promise<SystemPackage[]> {
  const found: SystemPackage[] = [];
  for (const image of images) {
    const { stdout: manifest } = await run('tar', ['-xOf', image, './manifest.json'], {}, signal);
    const [{ Layers }] = JSON.parse(manifest) as [{ Layers: string[] }];
    for (const layer of Layers) {
      const path = join(staging, 'layer.tar');
      await run('sh', ['-c', 'tar -xOf "$1" "./$2" >"$3"', 'sh', image, layer, path], {}, signal);
      const { stdout: names } = await run('tar', ['-tf', path], {}, signal);
      if (!names.split('\n').includes(STATUS)) continue;
      const { stdout: status } = await run('tar', ['-xOf', path, STATUS], {}, signal);
      found.push(...installedPackages(status));
    }
  }
  const base = await readFile(join(store, 'var/lib/dpkg/status'), 'utf8');
  return [...found, ...installedPackages(base).filter(({ name }) => BESIDE.has(name))];
}
