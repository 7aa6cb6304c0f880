// What the machine lends to builds, and only to builds: the authorities it trusts and where it gets npm packages from. None of it
// is left in an image.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ifMissing } from '../../model/missing.ts';

export interface Loans {
  /** PEM bundle of all authorities. */
  authorities: string | undefined;
  /** Lines of an npmrc(5). */
  npmrc: string | undefined;
}

export async function readLoans(directory: string): Promise<Loans> {
  const [authorities, npmrc] = await Promise.all([
    readFile(join(directory, 'ca-certificates.crt'), 'utf8').catch(ifMissing(undefined)),
    readFile(join(directory, 'npmrc'), 'utf8').catch(ifMissing(undefined)),
  ]);
  return { authorities, npmrc };
}

/** For Dockerfiles that ask with ARG: NPM_CONFIG_REGISTRY. */
export async function lentArguments(directory: string): Promise<Record<string, string>> {
  const { npmrc = '' } = await readLoans(directory);
  const registry = /^registry\s*=\s*(\S+)/m.exec(npmrc)?.[1];
  return registry === undefined ? {} : { NPM_CONFIG_REGISTRY: registry };
}
