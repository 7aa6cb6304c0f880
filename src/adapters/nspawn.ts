// A machine on this box: systemd-nspawn boots a whole Debian with its own init, network and control groups.
// There is no systemd-machined in between: the control group of the machine is where its processes are found again.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeisError } from '../model/errors.ts';
import { ifMissing } from '../model/missing.ts';
import { commandInGroups, createGroup, groupProcesses } from './cgroup.ts';
import { run, type RunResult } from './process.ts';

export interface NspawnMachine {
  /** Unique on the box; also the name of the cable's outer end (at most 15 characters). */
  label: string;
  hostname: string;
  /** The mounted root directory. */
  root: string;
  /** Its control group, like `deis0/deis-1`. */
  group: string;
  /** Where its console goes. */
  console: string;
  /** What its cable is plugged into again when it reboots by itself. */
  bridge: string;
  /** Directories of the box that it sees: outside → inside. */
  binds: readonly { from: string; to: string; readOnly: boolean }[];
}

const RUNTIME = '/run/systemd/nspawn';

/** The command line, as data (systemd-nspawn(1)). Docker inside needs the capabilities, the system calls and the writable /sys. */
export function nspawnArguments(machine: NspawnMachine): string[] {
  return [
    '--quiet',
    `--directory=${machine.root}`,
    '--boot',
    '--register=no',
    '--keep-unit',
    '--capability=all',
    '--system-call-filter=@keyring bpf @mount',
    `--machine=${machine.label}`,
    `--hostname=${machine.hostname}`,
    `--network-veth-extra=${machine.label}:host0`,
    '--resolv-conf=off',
    '--timezone=off',
    '--link-journal=no',
    '--console=pipe',
    ...machine.binds.map(
      ({ from, to, readOnly }) => `--bind${readOnly ? '-ro' : ''}=${from}:${to}:norbind`,
    ),
  ];
}

/**
 * systemd-nspawn ends with 133 when the machine wants to boot again, and leaves that to whoever started it. Its cable is a new one
 * then, and the old one may linger for a moment; its groups have to be as empty as at the first time.
 */
const RUN_AND_REBOOT = `label=$1 bridge=$2 groups=$3
shift 3
plug() {
  tries=0
  until ip link set "$label" master "$bridge" up 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || return
    sleep 0.1
  done
}
while "$@"; [ $? = 133 ]; do
  for group in $groups; do
    find "$group" -mindepth 1 -depth -type d -exec rmdir {} +
    rmdir "$group" && mkdir "$group"
  done
  ip link delete "$label" 2>/dev/null
  plug &
done`;

/** Boots the machine so that it outlives this process. Returns the process id of its init, seen from the box. */
export async function startNspawn(machine: NspawnMachine, signal: AbortSignal): Promise<number> {
  const groups = await createGroup(machine.group);
  const output = openSync(machine.console, 'a', 0o600);
  const keepers = await createGroup(join(machine.group, '..', 'keepers'));
  const boot = commandInGroups(groups, ['systemd-nspawn', ...nspawnArguments(machine)]);
  const { label, bridge } = machine;
  const keeper = ['/bin/sh', '-c', RUN_AND_REBOOT, 'machine', label, bridge, groups.join(' ')];
  const [program, ...args] = commandInGroups(keepers, [...keeper, ...boot]);
  const child = spawn(program, args, {
    detached: true,
    cwd: '/',
    stdio: ['ignore', output, output],
    env: {
      PATH: process.env['PATH'],
      SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1',
      SYSTEMD_NSPAWN_API_VFS_WRITABLE: '1',
    },
  });
  closeSync(output);
  let ended = false;
  child.once('error', () => (ended = true));
  child.once('exit', () => (ended = true));
  child.unref();
  while (!ended) {
    const init = await findInit(machine.group);
    if (init !== undefined) return init;
    await sleep(50, undefined, { signal });
  }
  const console = (await readFile(machine.console, 'utf8')).trim().split('\n').slice(-3);
  throw new DeisError(
    'refused',
    `${machine.hostname} did not boot: ${console.join(' | ')}`,
    `Read ${machine.console}.`,
  );
}

/** Process id (on the box) of the machine's init, or undefined while it does not run. */
export async function findInit(group: string): Promise<number | undefined> {
  const [init] = await groupProcesses(`${group}/payload/init.scope`);
  return init;
}

/** Runs a program inside a running machine, as root, in all its namespaces. Any exit code is a result. */
export async function runInside(
  init: number,
  command: readonly string[],
  signal: AbortSignal,
  options: { input?: string } = {},
): Promise<RunResult> {
  const everyCode = Array.from({ length: 257 }, (_, index) => index - 1);
  return await run(
    'nsenter',
    insideArguments(init, command),
    { ...options, ok: everyCode },
    signal,
  );
}

/** Arguments of nsenter(1) that run `command` inside with a clean environment; `terminal` is the kind of terminal it talks to. */
export function insideArguments(
  init: number,
  command: readonly string[],
  terminal = 'dumb',
): string[] {
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const clean = ['env', '-i', path, 'HOME=/root', 'LANG=C.UTF-8', `TERM=${terminal}`];
  return ['--target', String(init), '--all', '--wdns=/', ...clean, ...command];
}

/** Asks the machine's init to shut down cleanly (systemd(1): SIGRTMIN+4 = poweroff). */
export async function askToPowerOff(init: number, signal: AbortSignal): Promise<void> {
  await run('kill', ['-s', 'RTMIN+4', String(init)], { ok: [0, 1] }, signal);
}

/** Removes what systemd-nspawn leaves under /run for a machine that no longer runs. Call it while `root` is still mounted. */
export async function forgetNspawn(label: string, root: string): Promise<void> {
  const { dev, ino } = await stat(root);
  await rm(join(RUNTIME, 'locks', `inode-${dev}:${ino}`), { force: true });
  await rm(join(root, '..', '.#root.lck'), { force: true });
  await rmdir(join(RUNTIME, 'propagate', label)).catch(ifMissing(undefined));
}
