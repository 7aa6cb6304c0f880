// Private keys from files, as ssh(1) finds them.

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import { DeisError } from '../model/errors.ts';

export interface NamedKey {
  name: string;
  key: ParsedKey;
}

/** In the order in which they are shown. */
const USUAL = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** Keys without a passphrase in ~/.ssh: those with one are the agent's business. */
export async function usualKeys(folder = join(homedir(), '.ssh')): Promise<NamedKey[]> {
  const found: NamedKey[] = [];
  for (const file of USUAL) {
    const name = join(folder, file);
    const text = await readFile(name).catch(() => undefined);
    const key = text && parsed(text);
    if (key && !(key instanceof Error)) found.push({ name, key });
  }
  return found;
}

/** Throws DeisError 'invalid' when the file is no key; `passphrase` is asked for if it has one. */
export async function keyFromFile(
  name: string,
  passphrase: (name: string) => Promise<string>,
): Promise<NamedKey> {
  const text = await readFile(name).catch((cause: unknown) => {
    throw new DeisError('invalid', `the SSH key ${name} cannot be read`, '', { cause });
  });
  let key = parsed(text);
  if (key instanceof Error && /passphrase/i.test(key.message)) {
    key = parsed(text, await passphrase(name));
  }
  if (key instanceof Error) {
    throw new DeisError('invalid', `${name} is no usable private SSH key: ${key.message}`);
  }
  return { name, key };
}

function parsed(text: Buffer, passphrase?: string): ParsedKey | Error {
  const keys = ssh2.utils.parseKey(text, passphrase) as ParsedKey | ParsedKey[] | Error;
  const key = Array.isArray(keys) ? keys[0] : keys;
  if (!key) return new Error('it is empty');
  if (key instanceof Error) return key;
  return key.isPrivateKey() ? key : new Error('it is a public key');
}
