// Files written whole or not at all, and only when they differ: the answer says whether anything changed.
import { chmod, chown, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ifMissing } from '../model/missing.ts';

export interface FileSpec {
  /** Absolute path inside the machine (or on the box). */
  path: string;
  content: string;
  /** Permission bits, 0o644 unless told. */
  mode?: number;
  /** Of folders above it that have to be made, 0o755 unless told. */
  folderMode?: number;
  /** Numeric owner and group, root unless told. */
  owner?: { uid: number; gid: number };
  /** Written only where it does not exist yet: later changes on the machine are kept. */
  once?: boolean;
}

/** Writes the file below `root` ('' for the box itself). Returns true when its content changed. */
export async function writeFileSpec(root: string, spec: FileSpec): Promise<boolean> {
  const target = `${root}${spec.path}`;
  const present = await readFile(target, 'utf8').catch(ifMissing(undefined));
  if (present !== undefined && spec.once) return false;
  if (present === spec.content) {
    // Somebody may have opened a secret to everybody since.
    const { mode } = spec;
    if (mode !== undefined && ((await stat(target)).mode & 0o777) !== mode) {
      await chmod(target, mode);
    }
    return false;
  }
  await mkdir(dirname(target), { recursive: true, mode: spec.folderMode ?? 0o755 });
  const unfinished = `${target}.new`;
  await writeFile(unfinished, spec.content, { mode: spec.mode ?? 0o644 });
  await chmod(unfinished, spec.mode ?? 0o644);
  if (spec.owner) await chown(unfinished, spec.owner.uid, spec.owner.gid);
  await rename(unfinished, target);
  return true;
}
