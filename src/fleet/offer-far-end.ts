// Puts the far end of fleetctl's tunnel where a session over SSH finds it by name.

import { chmod, lstat, mkdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../ports/log.ts';

export interface FarEndPlaces {
  /** What is run: the link leads there. */
  program: string;
  /** On everybody's PATH, best first; one of them is written to. Flatcar's /usr is read-only: there it is /opt/bin. */
  folders: readonly string[];
  /** Where the system itself may have a fleetctl. */
  others: readonly string[];
}

export const FAR_END: FarEndPlaces = {
  program: '/opt/deis/bin/fleetctl',
  folders: ['/usr/local/bin', '/opt/bin'],
  others: ['/usr/bin', '/bin'],
};

const NAME = 'fleetctl';

/** A fleetctl that is there already, and is not ours, stays the only one: it knows `fd-forward` too. */
export async function offerFarEnd(
  log: Log,
  { program, folders, others }: FarEndPlaces = FAR_END,
): Promise<void> {
  for (const folder of [...folders, ...others]) {
    const path = join(folder, NAME);
    const found = await whatIs(path);
    if (found === 'nothing') continue;
    if (found !== program) log.info('fleetctl of the system is left alone', { path });
    return;
  }
  for (const folder of folders) {
    const path = join(folder, NAME);
    try {
      await makeFolder(folder);
      await symlink(program, path);
      log.info('fleetctl can tunnel here', { path });
      return;
    } catch (error) {
      log.info('fleetctl cannot be offered here', { path, error: String(error) });
    }
  }
  log.warn('fleetctl --tunnel finds nothing to run here', { folders: folders.join(' ') });
}

/** Where a link leads; `a file` for anything else that is there. */
async function whatIs(path: string): Promise<string> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : 'a file';
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return ['ENOENT', 'ENOTDIR'].includes(code) ? 'nothing' : 'a file';
  }
}

/** For everybody, whatever this process's umask says. */
async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true });
  if (made !== undefined) await chmod(folder, 0o755);
}
