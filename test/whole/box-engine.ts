// A Docker Engine on this box, beside everything: local machines have no memory controller, so limits can only be seen to work here.
// Its programs are those of the machines' base system unless the box has its own; it makes no network and touches no firewall.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { BASE_NAME, basePath, ensureBaseSystem } from '../../src/machines/local/base-system.ts';

export interface BoxEngine {
  socket: string;
  /** Reference of an image with a shell and nothing else. */
  image: string;
}

const IMAGE = 'shell:1';
const QUIET = ['--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'];

/** Is there a memory controller that an Engine on this box could use? */
export function hasMemoryController(): boolean {
  return existsSync('/sys/fs/cgroup/memory') || existsSync('/sys/fs/cgroup/memory.max');
}

/** Runs until teardown. */
export async function boxEngine(
  root: string,
  teardown: (what: () => Promise<unknown>) => void,
  signal: AbortSignal,
): Promise<BoxEngine> {
  await ensureBaseSystem(root, signal);
  const base = basePath(root, BASE_NAME);
  const folder = mkdtempSync(join(tmpdir(), 'deis-engine-'));
  const [socket, data, exec] = ['sock', 'data', 'exec'].map((name) => join(folder, name));
  for (const path of [data!, exec!]) mkdirSync(path);
  const env = {
    PATH: `${process.env['PATH']}:${join(base, 'usr/sbin')}:${join(base, 'usr/bin')}`,
    LD_LIBRARY_PATH: join(base, 'usr/lib/x86_64-linux-gnu'),
  };
  const child = spawn(
    'dockerd',
    [
      ...QUIET,
      '--bridge=none',
      '--storage-driver=vfs',
      `--data-root=${data}`,
      `--exec-root=${exec}`,
      `--pidfile=${join(folder, 'pid')}`,
      `--host=unix://${socket}`,
    ],
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  teardown(async () => {
    child.kill('SIGTERM');
    await ended;
    // The Engine leaves its own network namespace mounted.
    await execa('umount', [join(exec!, 'netns/default')], { reject: false });
    rmSync(folder, { recursive: true, force: true });
  });
  const docker = (...args: string[]) =>
    execa('docker', ['-H', `unix://${socket}`, ...args], { env });
  for (let left = 300; (await docker('version').catch(() => undefined)) === undefined; left -= 1) {
    if (left === 0 || child.exitCode !== null) throw new Error(`the Engine did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const files = ['bin', 'lib', 'lib64', 'usr/bin/sh', 'usr/bin/dash', 'usr/lib64'];
  const libraries = ['libc.so.6', 'ld-linux-x86-64.so.2'].map(
    (name) => `usr/lib/x86_64-linux-gnu/${name}`,
  );
  const archive = join(folder, 'shell.tar');
  await execa('tar', ['-C', base, '-cf', archive, ...files, ...libraries]);
  await docker('import', archive, IMAGE);
  return { socket: socket!, image: IMAGE };
}
