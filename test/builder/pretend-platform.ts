// A builder with the real SSH server and the real git, and doubles for what is far away: store, controllers, builds.

import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { execa } from 'execa';
import { gitRepositories } from '../../src/adapters/git-repositories.ts';
import { memoryStore } from '../../src/adapters/memory-store.ts';
import { newHostKey, sshServer } from '../../src/adapters/ssh-server.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { aesVault } from '../../src/adapters/vault.ts';
import { runBuilder } from '../../src/builder/builder.ts';
import type { BuildApp } from '../../src/builder/needs.ts';
import { DeisError } from '../../src/model/errors.ts';
import type { App, User } from '../../src/model/app.ts';
import type { BuildReport, ControllerHooks } from '../../src/ports/controller-hooks.ts';
import type { Git } from '../../src/ports/git.ts';
import { keys } from '../../src/registry/keys.ts';
import { put, Registry } from '../../src/registry/registry.ts';
import { keptLog, type KeptLog } from '../adapters/quiet-log.ts';
import { keyRecord } from './key-record.ts';

export interface Ended {
  code: number;
  /** Both streams of the client, without colours. */
  said: string;
}

export interface PretendPlatform {
  registry: Registry;
  log: KeptLog;
  state: string;
  port: number;
  /** Releases that were asked for, oldest first. */
  released: BuildReport[];
  /** What controllers do when asked for a release. */
  onRelease: (report: BuildReport, signal: AbortSignal) => Promise<void>;
  /** What a build does. */
  onBuild: BuildApp;
  /** A new SSH key; added for the user unless `owner` is undefined. Answers its file. */
  newKey(owner: string | undefined, type?: string[]): Promise<string>;
  /** A repository with one commit and a remote `deis`. */
  repository(app: string, files?: Record<string, string>): Promise<string>;
  commit(repository: string, files: Record<string, string>): Promise<string>;
  git(repository: string, key: string, ...args: string[]): Promise<Ended>;
  ssh(key: string, ...args: string[]): Promise<Ended>;
  clientEnvironment(key: string): Record<string, string>;
  /** Ends the builder's process state and starts another life on the same disk, or on an empty one. */
  restart(state?: string): Promise<void>;
  stop(): Promise<void>;
}

const AT = '2026-11-22T00:00:00.000Z';

export async function pretendPlatform(): Promise<PretendPlatform> {
  const log = keptLog();
  const home = await mkdtemp(join(tmpdir(), 'deis-builder-'));
  const registry = new Registry(memoryStore().connect());
  const forever = new AbortController();
  let stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const port = await freePort();
  const platform: PretendPlatform = {
    registry,
    log,
    state: join(home, 'state'),
    port,
    released: [],
    onRelease: async () => undefined,
    onBuild: async ({ app, sha }) => ({
      image: `127.0.0.1:5555/${app}:git-${sha.slice(0, 8)}`,
      digest: `sha256:${sha}`,
      kind: 'procfile',
      procfile: { web: 'run' },
      dockerfile: '' as const,
    }),
    async newKey(owner, type = ['-t', 'ed25519']) {
      const file = join(home, `key-${randomBytes(4).toString('hex')}`);
      await execa('ssh-keygen', ['-q', ...type, '-N', '', '-C', 'test', '-f', file]);
      if (owner !== undefined)
        await registry.commit([], [await keyRecord(`${file}.pub`, owner)], forever.signal);
      return file;
    },
    async repository(app, files = { Procfile: 'web: run\n' }) {
      const directory = await mkdtemp(join(home, 'work-'));
      await execa('git', ['init', '-q', '-b', 'master'], { cwd: directory });
      const url = `ssh://git@127.0.0.1:${port}/${app}.git`;
      await execa('git', ['remote', 'add', 'deis', url], { cwd: directory });
      await platform.commit(directory, files);
      return directory;
    },
    async commit(directory, files) {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(join(directory, name, '..'), { recursive: true });
        await writeFile(join(directory, name), text);
      }
      const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
      await execa('git', ['add', '-A'], { cwd: directory });
      await execa('git', [...who, 'commit', '-q', '-m', 'change'], { cwd: directory });
      return (await execa('git', ['rev-parse', 'HEAD'], { cwd: directory })).stdout;
    },
    clientEnvironment: (key) => ({
      GIT_SSH_COMMAND: `ssh ${options(key).join(' ')}`,
      GIT_CONFIG_GLOBAL: '/dev/null',
      LC_ALL: 'C.UTF-8',
    }),
    async git(directory, key, ...args) {
      const env = platform.clientEnvironment(key);
      return ended(await execa('git', args, { cwd: directory, env, reject: false, all: true }));
    },
    async ssh(key, ...args) {
      const to = ['-p', String(port), 'git@127.0.0.1'];
      const all = [...options(key), ...to, ...args];
      return ended(await execa('ssh', all, { reject: false, all: true, input: '' }));
    },
    async restart(state = platform.state) {
      stop.abort(new Error('restarted'));
      await running;
      platform.state = state;
      await begin();
    },
    async stop() {
      stop.abort(new Error('stopped'));
      await running;
      forever.abort();
    },
  };
  const hooks: ControllerHooks = {
    async config({ user, app }, signal) {
      const held = await registry.get(keys.apps, [app], signal);
      if (!held) throw new DeisError('not-found', 'Not found');
      if (held.value.owner !== user)
        throw new DeisError('forbidden', 'You do not have permission.');
      return { SECRET: 'x' };
    },
    push: async () => undefined,
    async build(report, signal) {
      await platform.onRelease(report, signal);
      platform.released.push(report);
      return { version: platform.released.length + 1, domains: [`${report.app}.example.com`] };
    },
  };
  const git: Git = await gitRepositories(join(home, 'hooks'));
  const begin = async (): Promise<void> => {
    stop = new AbortController();
    running = runBuilder(
      {
        registry,
        vault: aesVault(Buffer.alloc(32, 7).toString('base64')),
        clock: systemClock,
        log,
        git,
        hooks,
        ssh: sshServer(log),
        newHostKey,
        build: (input, out, signal) => platform.onBuild(input, out, signal),
        machine: { id: 'm1', name: 'm1', ip: '127.0.0.1' },
        listen: { host: '127.0.0.1', port },
        state: platform.state,
      },
      stop.signal,
    );
    await reachable(port);
  };
  const records = ['blog', 'shop', 'other'].map((id) =>
    put(keys.apps, [id], app(id, id === 'other' ? 'eve' : 'ann')),
  );
  const users = ['ann', 'eve'].map((name) => put(keys.users, [name], user(name)));
  await registry.commit([], [...records, ...users], forever.signal);
  await begin();
  return platform;
}

/** No known hosts, no agent, no configuration: only the key. */
function options(key: string): string[] {
  const set = [
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'IdentitiesOnly=yes',
    'LogLevel=ERROR',
    'BatchMode=yes',
  ];
  return ['-F', '/dev/null', '-i', key, ...set.flatMap((option) => ['-o', option])];
}

function ended(result: { exitCode?: number | undefined; all?: unknown }): Ended {
  return { code: result.exitCode ?? -1, said: String(result.all) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function reachable(port: number): Promise<void> {
  const { probeTcp } = await import('./probe-tcp.ts');
  for (let tries = 0; tries < 200; tries += 1) {
    if (await probeTcp(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('the builder does not listen');
}

function app(id: string, owner: string): App {
  return { id, uuid: `uuid-${id}`, owner, structure: {}, release: 1, created: AT, updated: AT };
}

function user(username: string): User {
  const names = { email: '', firstName: '', lastName: '' };
  const state = { isSuperuser: false, isActive: true, dateJoined: AT, lastLogin: null };
  return { username, password: '', ...names, ...state };
}
