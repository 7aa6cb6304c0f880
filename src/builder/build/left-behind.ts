// What people believe to have pushed and git does not send: the files of submodules, and those that Git LFS keeps elsewhere. The
// build goes on without them, and says so: an empty directory is hard to guess from a failing build.

import { isDeisError } from '../../model/errors.ts';
import type { Show } from '../../ports/image-builder.ts';
import { leavesOf, openFile, readText } from './tree.ts';

const POINTER = 'version https://git-lfs.github.com/spec/v1';
/** A pointer is three short lines. */
const LONGEST_POINTER = 1024;
/** So many are named. */
const NAMED = 5;

export async function tellLeftBehind(tree: string, show: Show): Promise<void> {
  const submodules = submodulesOf(await textOf(tree, '.gitmodules'));
  if (submodules.length > 0) tell(show, submodules, 'a Git submodule: its files are not in a push');
  const attributes = await textOf(tree, '.gitattributes');
  if (!/\bfilter=lfs\b/.test(attributes)) return;
  const pointers = await pointersIn(tree);
  if (pointers.length > 0)
    tell(show, pointers, 'a pointer of Git LFS: the file itself is not sent');
}

/** git reads these files by its own rules: one that we cannot read is no reason to fail. */
async function textOf(tree: string, name: string): Promise<string> {
  try {
    return (await readText(tree, name)) ?? '';
  } catch (error) {
    if (isDeisError(error, 'build-failed')) return '';
    throw error;
  }
}

function tell(show: Show, paths: readonly string[], what: string): void {
  for (const path of paths.slice(0, NAMED)) show(` !     ${path} is ${what}.\n`);
  if (paths.length > NAMED) show(` !     So are ${paths.length - NAMED} more.\n`);
}

/** The `path` lines of a .gitmodules file. */
export function submodulesOf(text: string): string[] {
  return [...text.matchAll(/^\s*path\s*=\s*(.+?)\s*$/gm)].map((match) => match[1]!);
}

async function pointersIn(tree: string): Promise<string[]> {
  const found: string[] = [];
  for await (const leaf of leavesOf(tree)) {
    if (leaf.kind !== 'file' || leaf.size > LONGEST_POINTER || leaf.size < POINTER.length) continue;
    const file = await openFile(tree, leaf.path);
    try {
      if ((await file.readFile('utf8')).startsWith(POINTER)) found.push(leaf.path);
    } finally {
      await file.close();
    }
  }
  return found;
}
