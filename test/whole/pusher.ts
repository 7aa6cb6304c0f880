// Somebody with a laptop: a home, an SSH key, git, OpenSSH as it comes, and the `deis` program.

import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { Output, TestPlatform } from './platform.ts';

/** A push that takes longer hangs, ms. */
const PUSH_MS = 240_000;

export interface RunningPush {
  pid: number;
  onOutput(hear: (text: string) => void): void;
  ended: Promise<{ code: number; said: string }>;
}

export interface Pusher {
  /** `deis …` in a directory. */
  deis(directory: string, ...args: string[]): Promise<Output>;
  /** A repository with one commit. */
  repository(files: Record<string, string>): Promise<string>;
  commit(directory: string, files: Record<string, string>): Promise<void>;
  git(directory: string, ...args: string[]): Promise<Output>;
  /** `git push deis master`, still running; killing its process group kills its ssh too. */
  startPush(directory: string): RunningPush;
  /** Makes the app and its remote, from its directory. */
  create(directory: string, app: string): Promise<void>;
}

/** Registered, logged in, and with a key added. */
export async function newPusher(on: TestPlatform, name: string): Promise<Pusher> {
  const home = await mkdtemp(join(tmpdir(), `deis-${name}-`));
  const { domain, doors } = on.context;
  const key = join(home, 'key');
  const known = join(home, 'known_hosts');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', key]);
  const host = `deis.${domain}`;
  const { stdout } = await execa('ssh-keyscan', ['-p', String(doors.ssh), '127.0.0.1']);
  await writeFile(known, `${stdout.replaceAll('127.0.0.1', host)}\n`);
  const env = {
    HOME: home,
    NO_COLOR: '1',
    // Which files to use is all it is told: ssh does not look at HOME.
    GIT_SSH_COMMAND: `ssh -i ${key} -o UserKnownHostsFile=${known} -o IdentitiesOnly=yes`,
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: `${name}@example.com`,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: `${name}@example.com`,
  };
  const run = async (program: string, args: string[], cwd: string): Promise<Output> => {
    const options = { cwd, env, reject: false, stdin: 'ignore', timeout: PUSH_MS } as const;
    const { exitCode, stdout: out, stderr } = await execa(program, args, options);
    return { code: exitCode ?? -1, stdout: out, stderr };
  };
  const must = async (program: string, args: string[], cwd: string): Promise<string> => {
    const { code, stdout: out, stderr } = await run(program, args, cwd);
    if (code === 0) return out;
    throw new Error(`${program} ${args.join(' ')}: exit code ${code}: ${stderr}`);
  };
  const program = join(on.root, 'bin', 'deis.js');
  const pusher: Pusher = {
    deis: (directory, ...args) => run(process.execPath, [program, ...args], directory),
    async repository(files) {
      const directory = await mkdtemp(join(home, 'app-'));
      await must('git', ['init', '-q', '-b', 'master'], directory);
      await pusher.commit(directory, files);
      return directory;
    },
    async commit(directory, files) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(directory, path)), { recursive: true });
        await writeFile(join(directory, path), text);
      }
      await must('git', ['add', '-A'], directory);
      await must('git', ['commit', '-q', '-m', 'change'], directory);
    },
    git: (directory, ...args) => run('git', args, directory),
    startPush(directory) {
      const child = execa('git', ['push', '-f', 'deis', 'master'], {
        cwd: directory,
        env,
        detached: true,
        reject: false,
        all: true,
        stdin: 'ignore',
        timeout: PUSH_MS,
      });
      return {
        pid: child.pid!,
        onOutput: (hear) => void child.all.on('data', (chunk: Buffer) => hear(chunk.toString())),
        ended: child.then(({ exitCode, all }) => ({ code: exitCode ?? -1, said: all })),
      };
    },
    async create(directory, app) {
      await must(process.execPath, [program, 'create', app], directory);
    },
  };
  const controller = `http://${host}:${doors.http}`;
  const password = randomBytes(12).toString('hex');
  const account = ['--username', name, '--password', password, '--email', `${name}@example.com`];
  await must(process.execPath, [program, 'auth:register', controller, ...account], home);
  await must(process.execPath, [program, 'keys:add', `${key}.pub`], home);
  return pusher;
}
