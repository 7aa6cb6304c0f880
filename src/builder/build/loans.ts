// What the machine lends to builds, and only to builds: the authorities it trusts and where it gets npm packages from. None of it
// is left in an image.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Loans {
  /** PEM bundle of all authorities. */
  authorities: string | undefined;
  /** Lines of an npmrc(5). */
  npmrc: string | undefined;
}

export async function readLoans(directory: string): Promise<Loans> {
  const [authorities, npmrc] = await Promise.all([
    readIfThere(join(directory, 'ca-certificates.crt')),
    readIfThere(join(directory, 'npmrc')),
  ]);
  return { authorities, npmrc };
}

/** For Dockerfiles that ask with ARG: NPM_CONFIG_REGISTRY. */
export async function lentArguments(directory: string): Promise<Record<string, string>> {
  const { npmrc = '' } = await readLoans(directory);
  const registry = /^registry\s*=\s*(\S+)/m.exec(npmrc)?.[1];
  return registry === undefined ? {} : { NPM_CONFIG_REGISTRY: registry };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
