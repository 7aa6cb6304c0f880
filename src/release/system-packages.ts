// Debian's packages that a release carries: in the layers of its images, and the store's program beside them.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../adapters/process.ts';
import { BASE_NAME, basePath } from '../machines/local/base-system.ts';
import { type SystemPackage, installedPackages } from './bill.ts';

const STATUS = './var/lib/dpkg/status';
/** Where the programs in bin/ of a machine come from (archive.ts). */
const BESIDE = new Set(['etcd-server', 'etcd-client']);

export async function carriedPackages(
  root: string,
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
  const base = await readFile(join(basePath(root, BASE_NAME), 'var/lib/dpkg/status'), 'utf8');
  return [...found, ...installedPackages(base).filter(({ name }) => BESIDE.has(name))];
}
