// What machines find under /opt/deis, assembled from this checkout: each content in a folder of its own name, never changed after.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, cp, link, mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileSpec } from './write-file.ts';
import { type BuildTarget, ownTarget } from './build-target.ts';
import { statePaths } from './checkout.ts';

/** What goes where: from the checkout to /opt/deis. A source that does not exist is left out. To add one: a row. */
const PARTS = (root: string, from: BuildTarget): [source: string, target: string][] => [
  [from.node, 'bin/node'],
  [join(root, 'dist/daemon'), 'dist'],
  [from.journal, 'dist/journal_send.node'],
  [join(root, 'src/agent/waiter'), 'libexec/waiter'],
  [join(root, 'templates'), 'templates'],
  [join(root, 'units'), 'units'],
  ...['platform', 'node', 'stack'].flatMap((image): [string, string][] => [
    [join(from.cache, `${image}.tar`), `images/${image}.tar`],
    [join(from.cache, `${image}.json`), `images/${image}.json`],
  ]),
];

/**
 * A small heap on the runtime that came along; large blocks go back to the system when they are freed, which glibc ceases to do by
 * itself. docs/decisions.md has what each setting is worth. The snapshot saves 60 ms of each start and costs 5 MB ever after.
 */
const RUN = (script: string, early = ''): string => `#!/bin/sh
export MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
lean=
${early}exec /opt/deis/bin/node $lean --optimize-for-size --max-semi-space-size=1 --max-old-space-size=64 ${script} "$@"
`;
const DEISD = '/opt/deis/dist/deisd.js';
/** What starts deisd; by name in bin/. */
const LAUNCHERS: Readonly<Record<string, string>> = {
  deisd: RUN(DEISD, '[ "$1" = agent ] && lean=--no-node-snapshot\n'),
  // What `fleetctl --tunnel` runs on a machine.
  fleetctl: RUN(`${DEISD} fleetctl`),
};
/** Larger files are told apart by size and time of change. */
const HASH_WHOLE_BELOW = 16 * 2 ** 20;
/** Versions kept beside the ones in use. */
const KEEP = 3;

export interface OptVersion {
  /** Folder name below .deis/opt. */
  version: string;
  /** False while the daemon has not been built: deisd cannot run yet. */
  hasDaemon: boolean;
}

/** Assembles the current content, below `opt`, if it is new. Existing versions are never touched. */
export async function assembleOpt(
  root: string,
  from: BuildTarget = ownTarget(root),
  opt: string = statePaths(root).opt,
): Promise<OptVersion> {
  const parts = PARTS(root, from).filter(([source]) => existsSync(source));
  const version = await digest(parts);
  const folder = join(opt, version);
  const hasDaemon = existsSync(join(root, 'dist/daemon/deisd.js'));
  if (existsSync(folder)) return { version, hasDaemon };
  const unfinished = `${folder}.${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  for (const [source, target] of parts) await bring(source, join(unfinished, target));
  for (const [name, content] of Object.entries(LAUNCHERS)) {
    await writeFileSpec(unfinished, { path: `/bin/${name}`, content, mode: 0o755 });
  }
  await publish(unfinished, folder);
  return { version, hasDaemon };
}

/** Drops versions that are not in `used`, except the newest few. */
export async function dropOldVersions(root: string, used: ReadonlySet<string>): Promise<void> {
  const { opt } = statePaths(root);
  const entries = await Promise.all(
    (await readdir(opt)).map(async (name) => ({ name, at: (await stat(join(opt, name))).mtimeMs })),
  );
  const idle = entries.filter(({ name }) => !used.has(name)).sort((a, b) => b.at - a.at);
  for (const { name } of idle.slice(KEEP)) await rm(join(opt, name), { recursive: true });
}

async function bring(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const found = await stat(source);
  if (found.isDirectory()) await cp(source, target, { recursive: true });
  // Large, and replaced as a whole by whoever makes them: share them where the disk is the same.
  else if (/\/(bin\/node|images\/[a-z]+\.tar)$/.test(target)) await linkOrCopy(source, target);
  else await copyFile(source, target);
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyFile(source, target);
  }
}

async function publish(unfinished: string, folder: string): Promise<void> {
  try {
    await rename(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    // Another command assembled the same content first.
    await rm(unfinished, { recursive: true });
  }
}

async function digest(parts: [string, string][]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(LAUNCHERS));
  for (const [source, target] of parts) {
    for (const file of await filesBelow(source)) {
      const { size, mtimeMs, mode } = await stat(file);
      hash.update(`\0${target}\0${file.slice(source.length)}\0${mode & 0o111}\0${size}\0`);
      hash.update(size < HASH_WHOLE_BELOW ? await readFile(file) : String(mtimeMs));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
