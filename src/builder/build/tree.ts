// A pushed tree on disk, read as what it is: the work of a stranger. Links are never followed: one could lead to a key of ours.

import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DeisError } from '../../model/errors.ts';
import { isMissing } from '../../model/missing.ts';

/** Files that we read ourselves (Dockerfile, Procfile, app.json …). */
const LARGEST_TEXT = 2 ** 20;
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export type Leaf =
  | { kind: 'directory'; path: string; mode: number }
  | { kind: 'file'; path: string; mode: number; size: number }
  | { kind: 'link'; path: string; target: string };

/**
 * The text of a file at the top of the tree; undefined when there is none. Throws DeisError('build-failed') for one that is no
 * plain file of at most 1 MB of UTF-8.
 */
export async function readText(tree: string, name: string): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(join(tree, name), READ);
  } catch (error) {
    if (isMissing(error)) return undefined;
    if ((error as NodeJS.ErrnoException).code === 'ELOOP')
      throw new DeisError('build-failed', `${name} is a link: push the file itself.`);
    throw error;
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new DeisError('build-failed', `${name} is not a file.`);
    if (found.size > LARGEST_TEXT) {
      throw new DeisError('build-failed', `${name} is larger than 1 MB.`);
    }
    return utf8(name, await file.readFile());
  } finally {
    await file.close();
  }
}

function utf8(name: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DeisError('build-failed', `${name} is not UTF-8 text.`, '', { cause });
  }
}

/** Names at the top of the tree, sorted. */
export async function topNames(tree: string): Promise<string[]> {
  return (await readdir(tree)).toSorted();
}

/**
 * Everything below, each directory before what is in it, sorted by name; paths are relative. `.git` at the top, sockets,
 * pipes and devices are left out. `enter` says whether a directory can hold anything that is wanted.
 */
export async function* leavesOf(
  tree: string,
  enter: (path: string) => boolean = () => true,
  below = '',
): AsyncGenerator<Leaf> {
  for (const name of (await readdir(join(tree, below))).toSorted()) {
    const path = below === '' ? name : `${below}/${name}`;
    if (path === '.git') continue;
    const found = await lstat(join(tree, path));
    const mode = found.mode & 0o7777;
    if (found.isFile()) yield { kind: 'file', path, mode, size: found.size };
    if (found.isSymbolicLink()) {
      yield { kind: 'link', path, target: await readlink(join(tree, path)) };
    }
    if (found.isDirectory()) {
      yield { kind: 'directory', path, mode };
      if (enter(path)) yield* leavesOf(tree, enter, path);
    }
  }
}

/** The bytes of a file of the tree, never through a link. */
export function openFile(tree: string, path: string): Promise<FileHandle> {
  return open(join(tree, path), READ);
}
