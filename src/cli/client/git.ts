// The git side of an app: finding out which app a directory belongs to, and its remote.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DeisError } from '../../model/errors.ts';
import { parseRemotes } from './remotes.ts';

const run = promisify(execFile);

/** Undefined when this is no git repository or there is no git. */
export async function readRemotes(directory: string): Promise<string | undefined> {
  try {
    const { stdout } = await run('git', ['remote', '-v'], { cwd: directory });
    return stdout;
  } catch {
    return undefined; // both mean the same to us: nothing to learn from git here
  }
}

/** Throws DeisError 'conflict' when there is a remote of that name already. */
export async function addRemote(directory: string, name: string, url: string): Promise<void> {
  try {
    await run('git', ['remote', 'add', '--', name, url], { cwd: directory });
  } catch (cause) {
    throw new DeisError(
      'conflict',
      `git did not add the remote ${name}`,
      `If there is one already, rename it: git remote rename ${name} old-${name}\nThen: deis git:remote`,
      { cause },
    );
  }
}

/** Removes every remote of this app at this host; answers their names. */
export async function removeRemotes(
  directory: string,
  host: string,
  app: string,
): Promise<string[]> {
  const text = (await readRemotes(directory)) ?? '';
  const own = parseRemotes(text).filter((remote) => remote.host === host && remote.app === app);
  const names = [...new Set(own.map(({ name }) => name))];
  for (const name of names) await run('git', ['remote', 'remove', '--', name], { cwd: directory });
  return names;
}
