// Somebody with a laptop: an account without anything, an empty folder, and the Nodes that people have. They come as npm packages.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

export interface FreshUser {
  home: string;
  /** By major version: 20, 22 and the one that this project pins. */
  nodes: Map<number, string>;
  /** Runs a line of shell as that user; any exit code is a result. */
  as: (
    command: string,
  ) => Promise<{ exitCode?: number | undefined; stdout: string; stderr: string; all: string }>;
}

/** Gone when the test file ends. `files`: copied to the home. */
export async function freshUser(files: readonly string[]): Promise<FreshUser> {
  const user = `deis-fresh-${process.pid}`;
  const home = await mkdtemp(join(tmpdir(), 'deis-fresh-'));
  await execa('useradd', ['--home-dir', home, '--shell', '/bin/sh', user]);
  t.teardown(async () => {
    await execa('userdel', [user], { reject: false });
    await rm(home, { recursive: true, force: true });
  });
  for (const file of files) await execa('cp', [file, home]);
  const nodes = new Map<number, string>();
  for (const major of [20, 22]) {
    const prefix = join(home, `node-${major}`);
    const name = `node-linux-${process.arch}`;
    await execa('npm', ['install', '--no-save', '--prefix', prefix, `${name}@${major}`], {
      cwd: home,
    });
    nodes.set(major, join(prefix, 'node_modules', name, 'bin/node'));
  }
  await execa('mkdir', ['-p', join(home, 'bin'), join(home, 'empty')]);
  nodes.set(24, join(home, 'bin/node-24'));
  await execa('cp', [process.execPath, nodes.get(24)!]);
  await execa('chown', ['-R', user, home]);
  return {
    home,
    nodes,
    as: (command) =>
      execa('setpriv', ['--reuid', user, '--regid', user, '--clear-groups', 'sh', '-c', command], {
        cwd: join(home, 'empty'),
        env: { HOME: home, PATH: process.env['PATH'], NO_COLOR: '1' },
        extendEnv: false,
        reject: false,
        all: true,
        timeout: 240_000,
      }),
  };
}
