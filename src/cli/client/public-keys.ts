// SSH public keys on this computer.

import { readFile, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { DeisError } from '../../model/errors.ts';
import { ifMissing } from '../../model/missing.ts';

export interface KeyFile {
  /** `id_ed25519.pub` */
  name: string;
  /** Its comment, else its file's name. */
  id: string;
  /** The whole line. */
  text: string;
}

/** Deis v1 knew rsa, dsa and ecdsa only. */
const KEY = /^((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[^\s]+)\s+[A-Za-z0-9+/]+=*(?:\s+(.*))?$/;

/** Throws DeisError 'not-found' or 'invalid', naming the file. */
export async function readKey(path: string): Promise<KeyFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new DeisError('not-found', `the file ${path} cannot be read`, '', { cause });
  }
  const key = parseKey(basename(path), text);
  if (key) return key;
  const hint = 'It is one line: ssh-ed25519 AAAA… comment. Make one with: ssh-keygen -t ed25519';
  throw new DeisError('invalid', `${path} is not a valid ssh key`, hint);
}

/** Undefined for what is no public key. */
export function parseKey(name: string, text: string): KeyFile | undefined {
  const match = KEY.exec(text.trim());
  if (!match) return undefined;
  const comment = match[2]?.trim();
  return { name, id: comment || name.replace(/\.pub$/, ''), text };
}

/** Of ~/.ssh, by name; none when there is no such directory. */
export async function keysOfHome(): Promise<KeyFile[]> {
  const folder = join(process.env['HOME'] || homedir(), '.ssh');
  const names = await readdir(folder).catch(ifMissing<string[]>([]));
  const files = names.filter((name) => name.endsWith('.pub')).toSorted();
  const found = await Promise.all(
    files.map(async (name) => parseKey(name, await readFile(join(folder, name), 'utf8'))),
  );
  return found.filter((key) => key !== undefined);
}

/** Its first 16 and last 10 characters, as Deis v1 showed it. */
export function shortKey(text: string): string {
  const line = text.trim();
  return line.length <= 26 ? line : `${line.slice(0, 16)}...${line.slice(-10)}`;
}
