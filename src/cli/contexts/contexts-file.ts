// Clusters that an operator gave a name to: ~/.deis/contexts.json.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { DeisError } from '../../model/errors.ts';
import { isMissing } from '../../model/missing.ts';

const text = z.string();
/** Each is the global flag of nearly the same name; files are absolute. */
const storedContext = z.object({
  tunnel: text.optional(),
  endpoint: z.array(text).optional(),
  cafile: text.optional(),
  certfile: text.optional(),
  keyfile: text.optional(),
  sshUser: text.optional(),
  sshKey: text.optional(),
  knownHostsFile: text.optional(),
  strictHostKeyChecking: z.enum(['true', 'false']).optional(),
});
const file = z.object({
  /** What commands are about when they do not say. */
  current: text.optional(),
  contexts: z.record(text, storedContext),
});

export type StoredContext = z.infer<typeof storedContext>;
export type Contexts = z.infer<typeof file>;

/** `$DEISCTL_CONTEXTS` names another one. */
export function contextsPath(): string {
  return process.env['DEISCTL_CONTEXTS'] ?? join(homedir(), '.deis', 'contexts.json');
}

/** Throws DeisError 'invalid' when the file is damaged. */
export async function readContexts(path = contextsPath()): Promise<Contexts> {
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return { contexts: {} };
    throw new DeisError('invalid', `${path} cannot be read`, '', { cause });
  }
  try {
    return file.parse(JSON.parse(content));
  } catch (cause) {
    const hint = 'Mend it, or remove it and add the contexts anew: deisctl contexts add.';
    throw new DeisError('invalid', `${path} is damaged`, hint, { cause });
  }
}

export async function writeContexts(contexts: Contexts, path = contextsPath()): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const staged = `${path}.${process.pid}.new`;
  await writeFile(staged, `${JSON.stringify(contexts, undefined, 2)}\n`, { mode: 0o600 });
  await rename(staged, path);
}
