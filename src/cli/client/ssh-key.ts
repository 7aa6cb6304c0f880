// SSH_KEY, which buildpacks fetch private repositories with: v1 keeps it as base64, because it has many lines (reference §2.6).

import { readFile } from 'node:fs/promises';
import { DeisError } from '../../model/errors.ts';

/** PEM of an RSA or DSA key as in v1, and what is made today. */
const PRIVATE_KEY = /^-+BEGIN (?:[A-Z]+ )?PRIVATE KEY-+\s/;

/** `given`: a file's path, the key itself, or what this answers. Throws DeisError 'invalid' without repeating it. */
export async function sshKeyValue(given: string): Promise<string> {
  const file = PRIVATE_KEY.test(given) ? undefined : await readIfThere(given);
  const key = file ?? given;
  if (PRIVATE_KEY.test(key)) return Buffer.from(key).toString('base64');
  if (PRIVATE_KEY.test(Buffer.from(given, 'base64').toString('latin1'))) return given;
  throw new DeisError(
    'invalid',
    'Could not parse SSH private key',
    'SSH_KEY is the path of a private key, or the key itself: -----BEGIN … PRIVATE KEY-----',
  );
}

/** Undefined when that is no file's path. */
async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const isNoPath = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'].includes(code);
    if (isNoPath) return undefined;
    throw new DeisError('invalid', `the file ${path} cannot be read`, '', { cause: error });
  }
}
