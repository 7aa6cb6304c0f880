// A file that a machine was given when it joined a cluster: without it nothing here can begin.

import { readFile } from 'node:fs/promises';
import { DeisError } from '../model/errors.ts';

/** Its text. Throws DeisError('unsupported') that says how a machine joins. */
export async function readJoinedFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new DeisError(
      'unsupported',
      `${path} cannot be read`,
      'Join this machine to a cluster first: `deisctl nodes:create`, or `deisctl local up` for a local one.',
      { cause },
    );
  }
}
