// Control groups as the list of a machine's processes: what is in the group is the machine, whatever was remembered or forgotten.
// Works on a pure v2 box (/sys/fs/cgroup) and on a hybrid one (/sys/fs/cgroup/unified beside the v1 hierarchy of systemd).
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeisError } from '../model/errors.ts';

const V2 = '/sys/fs/cgroup';
const HYBRID = '/sys/fs/cgroup/unified';
const V1_SYSTEMD = '/sys/fs/cgroup/systemd';

/** The directories of group `path` (like `deis0/deis-1`), the one of version 2 first. */
export function groupDirectories(path: string): string[] {
  if (existsSync(join(V2, 'cgroup.controllers'))) return [join(V2, path)];
  if (!existsSync(join(HYBRID, 'cgroup.procs'))) {
    throw new DeisError(
      'unsupported',
      'This kernel offers no control groups of version 2.',
      'Mount cgroup2, or run the cluster in a virtual machine with `vagrant up`.',
    );
  }
  return existsSync(V1_SYSTEMD)
    ? [join(HYBRID, path), join(V1_SYSTEMD, path)]
    : [join(HYBRID, path)];
}

/** Makes the group; the controllers a pure v2 box offers are passed on to it. Returns its directories. */
export async function createGroup(path: string): Promise<string[]> {
  const directories = groupDirectories(path);
  for (const directory of directories) await mkdir(directory, { recursive: true });
  const base = join(directories[0]!, ...path.split('/').map(() => '..'));
  await passControllers(base, path.split('/').slice(0, -1));
  return directories;
}

/** True while a process lives in the group or below it. */
export async function isPopulated(path: string): Promise<boolean> {
  const events = await readOr(join(groupDirectories(path)[0]!, 'cgroup.events'), '');
  return /^populated 1$/m.test(events);
}

/** Process ids directly in this group, oldest first; none when the group does not exist. */
export async function groupProcesses(path: string): Promise<number[]> {
  const text = await readOr(join(groupDirectories(path)[0]!, 'cgroup.procs'), '');
  return text.split('\n').filter(Boolean).map(Number);
}

/** Kills every process in and below the group at once with SIGKILL and waits until the kernel has let go of them (10 s). */
export async function killGroup(path: string, signal: AbortSignal): Promise<void> {
  const directory = groupDirectories(path)[0]!;
  if (!existsSync(directory)) return;
  await writeFile(join(directory, 'cgroup.kill'), '1');
  for (let tries = 0; await isPopulated(path); tries++) {
    if (tries === 500) {
      throw new DeisError('timeout', `Processes in ${directory} did not die within 10 s.`);
    }
    await sleep(20, undefined, { signal });
  }
}

/** Removes the (empty) group and all below it; a group that is not there is fine. */
export async function removeGroup(path: string): Promise<void> {
  for (const directory of groupDirectories(path)) await removeTree(directory);
}

async function removeTree(directory: string): Promise<void> {
  if (!existsSync(directory)) return;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(join(directory, entry.name));
  }
  await rmdir(directory);
}

async function passControllers(base: string, names: string[]): Promise<void> {
  let directory = base;
  for (const name of ['', ...names]) {
    directory = join(directory, name);
    const offered = (await readOr(join(directory, 'cgroup.controllers'), '')).trim();
    const wanted = offered
      .split(' ')
      .filter((controller) => /^(cpu|memory|pids|io)$/.test(controller));
    if (wanted.length === 0) return;
    const order = wanted.map((controller) => `+${controller}`).join(' ');
    await writeFile(join(directory, 'cgroup.subtree_control'), order);
  }
}

async function readOr(file: string, otherwise: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENODEV') return otherwise;
    throw error;
  }
}

/** A command line that first puts its process into the groups (as `createGroup` returned them), then becomes `command`. */
export function commandInGroups(
  directories: readonly string[],
  command: readonly string[],
): [program: string, ...args: string[]] {
  const enter =
    'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1/cgroup.procs" || exit 1; shift; n=$((n - 1)); done; exec "$@"';
  return ['/bin/sh', '-c', enter, 'sh', String(directories.length), ...directories, ...command];
}
