// The pinned Node for a processor that this computer has not: npm leaves its package out of node_modules.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../adapters/process.ts';
import { DeisError } from '../model/errors.ts';
import type { Processor } from '../model/processor.ts';
import type { Lock } from './bill.ts';

/**
 * The package's folder in `cache`, with the headers that add-ons need. Throws DeisError 'unsupported' when the lock file does not know it,
 * 'refused' when the registry gives something else than it says.
 */
export async function nodeFromNpm(
  root: string,
  processor: Processor,
  lock: Lock,
  cache: string,
  signal: AbortSignal,
): Promise<string> {
  const name = `node-linux-${processor}`;
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) {
    throw new DeisError('unsupported', `package-lock.json has no checksum of ${name}.`);
  }
  const folder = join(cache, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.new-${process.pid}`;
  await mkdir(fresh, { recursive: true });
  try {
    const wanted = [`${name}@${version}`, `--pack-destination=${fresh}`];
    await run('npm', ['pack', '--silent', ...wanted], { cwd: root }, signal);
    const archive = join(fresh, `${name}-${version}.tgz`);
    const sum = createHash('sha512')
      .update(await readFile(archive))
      .digest('base64');
    if (!integrity.split(' ').includes(`sha512-${sum}`)) {
      throw new DeisError('refused', `${name} is not what package-lock.json says: sha512-${sum}`);
    }
    const parts = ['package/bin', 'package/include', 'package/LICENSE'];
    await run('tar', ['-xzf', archive, '-C', fresh, '--no-same-owner', ...parts], {}, signal);
    await rename(join(fresh, 'package'), folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}
