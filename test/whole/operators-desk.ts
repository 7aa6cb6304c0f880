// An operator's desk: a network of its own on the cluster's bridge from which sshd of one machine can be reached, and nothing else; an
// SSH agent with the operator's key; a home without anything.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { clusterPaths } from '../../src/machines/local/record.ts';
import { eventually, type Output } from './platform.ts';
import type { TestCluster } from './cluster.ts';

export interface Desk {
  home: string;
  /** The address of the one machine that can be reached. */
  door: string;
  /** Runs bin/deisctl.js there; any exit code is a result. */
  deisctl(...args: string[]): Promise<Output & { seconds: number }>;
  /** The same, with something on standard input. */
  deisctlWith(input: string, ...args: string[]): Promise<Output>;
  /** The same, still running. */
  begin(...args: string[]): Running;
  /** Any other program there. */
  run(...argv: string[]): Promise<Output>;
  /** OpenSSH's client there, as `core` at the one machine; with something on standard input. */
  ssh(input: string, ...command: string[]): Promise<Output>;
  /** A line as the doctor prints it. */
  asPrinted(line: string): Promise<Output>;
}

/** Kill it, or wait for its end. */
export type Running = Promise<{ exitCode?: number | undefined }> & {
  stdout: Readable;
  kill(signal: 'SIGINT'): boolean;
};

/** Address in the cluster's range that no machine has. */
const SEAT = 240;

export async function operatorsDesk(on: TestCluster, machine: number): Promise<Desk> {
  const door = on.context.machines[machine]!.ip;
  const slot = door.split('.')[2]!;
  const name = `deis${slot}-desk`;
  const home = mkdtempSync(join(tmpdir(), 'deis-desk-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  await makeNetwork(name, slot, door);
  t.teardown(() => removeNetwork(name, slot));
  const agent = await keyAgent(join(home, 'agent'), clusterPaths(on.root, on.name).ssh);
  const env = { HOME: home, NO_COLOR: '1', SSH_AUTH_SOCK: agent, DEISCTL_TUNNEL: door };
  const spawned = (argv: string[], input = '') =>
    execa('ip', ['netns', 'exec', name, ...argv], {
      reject: false,
      input,
      env: { PATH: process.env['PATH']!, ...env },
      extendEnv: false,
      timeout: 120_000,
      cancelSignal: on.signal,
    });
  const ours = [process.execPath, join(on.root, 'bin', 'deisctl.js')];
  const run = async (argv: string[], input?: string): Promise<Output & { seconds: number }> => {
    const began = performance.now();
    const { exitCode = -1, stdout, stderr } = await spawned(argv, input);
    const seconds = (performance.now() - began) / 1000;
    return { code: exitCode, stdout: String(stdout), stderr: String(stderr), seconds };
  };
  return {
    home,
    door,
    deisctl: (...args) => run([...ours, ...args]),
    deisctlWith: (input, ...args) => run([...ours, ...args], input),
    begin: (...args) => spawned([...ours, ...args]),
    run: (...argv) => run(argv),
    ssh: (input, ...command) =>
      // It looks for known_hosts in the account's home, whatever HOME says.
      run(
        [
          'ssh',
          '-o',
          `UserKnownHostsFile=${join(home, '.ssh/known_hosts')}`,
          `core@${door}`,
        ].concat(command),
        input,
      ),
    asPrinted: (line) => run(['sh', '-c', `PATH=${join(on.root, 'bin')}:$PATH; ${line}`]),
  };
}

async function makeNetwork(name: string, slot: string, door: string): Promise<void> {
  await removeNetwork(name, slot);
  const inside = ['ip', 'netns', 'exec', name];
  const steps = [
    ['ip', 'netns', 'add', name],
    ['ip', 'link', 'add', cable(slot), 'type', 'veth', 'peer', 'name', 'desk0', 'netns', name],
    ['ip', 'link', 'set', cable(slot), 'master', `deis${slot}`, 'up'],
    [...inside, 'ip', 'link', 'set', 'lo', 'up'],
    [...inside, 'ip', 'address', 'add', `10.77.${slot}.${SEAT}/24`, 'dev', 'desk0'],
    [...inside, 'ip', 'link', 'set', 'desk0', 'up'],
    [...inside, 'iptables', '-A', 'OUTPUT', '-o', 'lo', '-j', 'ACCEPT'],
    [
      ...inside,
      'iptables',
      '-A',
      'OUTPUT',
      '-p',
      'tcp',
      '-d',
      door,
      '--dport',
      '22',
      '-j',
      'ACCEPT',
    ],
    [...inside, 'iptables', '-A', 'OUTPUT', '-j', 'REJECT'],
  ];
  for (const [program = '', ...args] of steps) await execa(program, args);
}

/** Also what a test that was killed left behind. */
async function removeNetwork(name: string, slot: string): Promise<void> {
  await execa('ip', ['link', 'delete', cable(slot)], { reject: false });
  await execa('ip', ['netns', 'delete', name], { reject: false });
}

const cable = (slot: string): string => `deis${slot}-desk`;

/** An ssh-agent that holds the cluster's operator key, for as long as the test file runs. */
async function keyAgent(socket: string, folder: string): Promise<string> {
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  t.teardown(() => agent.kill());
  await eventually('an ssh-agent', 10, async () => {
    const key = join(folder, 'id_ed25519');
    const { exitCode } = await execa('ssh-add', ['-q', key], {
      env: { SSH_AUTH_SOCK: socket },
      reject: false,
    });
    return exitCode === 0;
  });
  return socket;
}

/** Writes ~/.ssh/known_hosts of the desk. */
export function know(desk: Desk, lines: string): void {
  const folder = join(desk.home, '.ssh');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'known_hosts'), lines);
}
