// A Debian root file system, made once by mmdebstrap from packages.
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { commandInGroups, createGroup, killGroup, removeGroup } from './cgroup.ts';
import { removeDirectory } from './mounts.ts';
import { run } from './process.ts';

const LEAN = ['man', 'doc', 'info', 'locale', 'lintian'].map(
  (folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`,
);

/** Arguments of mmdebstrap(1) for a small system with these packages. */
export function debianBaseArguments(
  suite: string,
  packages: readonly string[],
  target: string,
): string[] {
  return [
    '--quiet',
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    '--dpkgopt=force-unsafe-io',
    ...LEAN,
    suite,
    target,
  ];
}

/**
 * Makes the file system at `target` unless it is there: built beside it, finished by `customize`, then put in place in one step,
 * so that an interrupted run leaves nothing that looks complete. Its processes live in the control group `group`:
 * what an earlier run that was killed left there is ended first.
 */
export async function ensureDebianBase(
  suite: string,
  packages: readonly string[],
  target: string,
  group: string,
  customize: (root: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  if (existsSync(target)) return;
  const unfinished = `${target}.new`;
  await killGroup(group, signal);
  await removeDirectory(unfinished, signal);
  const order = ['mmdebstrap', ...debianBaseArguments(suite, packages, unfinished)];
  const [program, ...args] = commandInGroups(await createGroup(group), order);
  await run(program, args, { env: { LC_ALL: 'C.UTF-8' } }, signal);
  await customize(unfinished);
  await rename(unfinished, target);
  await killGroup(group, signal);
  await removeGroup(group);
}
