// Bare repositories through git itself.

import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git, Transfer } from '../ports/git.ts';
import { gitEnvironment, receiveSettings } from './git-environment.ts';
import { answerHook, hookCall, installHook } from './git-hook.ts';
import { quarantined } from './git-incoming.ts';
import { serveGit } from './git-process.ts';
import { run, type RunOptions, type RunResult } from './process.ts';

/** `hooks`: a directory of ours, made when it is missing. */
export async function gitRepositories(hooks: string): Promise<Git> {
  await installHook(hooks);
  return {
    async prepare(directory, signal) {
      if (existsSync(join(directory, 'HEAD'))) return sweep(directory);
      await rm(directory, { recursive: true, force: true });
      const init = ['init', '--quiet', '--bare', '--initial-branch=master', directory];
      await run('git', init, { env: gitEnvironment({}) }, signal);
    },
    async refs(directory, signal) {
      const format = '--format=%(objectname) %(refname)';
      const { stdout } = await git(directory, ['for-each-ref', format], {}, signal);
      const lines = stdout.split('\n').filter((line) => line !== '');
      return Object.fromEntries(lines.map((line) => [line.slice(41), line.slice(0, 40)]));
    },
    async holds(directory, objects, signal) {
      if (objects.length === 0) return true;
      // Fails when one of them is missing, or anything between them and what the refs lead to.
      const args = ['rev-list', '--quiet', '--objects', '--stdin', '--not', '--all'];
      const input = `${objects.join('\n')}\n`;
      return (await git(directory, args, { input, ok: [0, 1, 128] }, signal)).code === 0;
    },
    async setRefs(directory, refs, signal) {
      const lines = Object.entries(refs).map(([ref, object]) =>
        object === undefined ? `delete ${ref}` : `update ${ref} ${object}`,
      );
      if (lines.length === 0) return;
      await git(directory, ['update-ref', '--stdin'], { input: `${lines.join('\n')}\n` }, signal);
    },
    receive: (directory, transfer, most, decide, signal) =>
      receive(
        directory,
        { transfer, most, settings: receiveSettings(hooks, most) },
        decide,
        signal,
      ),
    upload(directory, transfer, signal) {
      const env = environmentFor(transfer, {});
      return serveGit(['upload-pack', directory], transfer, env, 0, signal).ended;
    },
    async tidy(directory, signal) {
      await git(directory, ['gc', '--auto', '--quiet'], {}, signal);
    },
  };
}

interface Receiving {
  transfer: Transfer;
  /** Bytes. */
  most: number;
  settings: Record<string, string>;
}

async function receive(
  directory: string,
  { transfer, most, settings }: Receiving,
  decide: Parameters<Git['receive']>[3],
  signal: AbortSignal,
): Promise<number> {
  const env = environmentFor(transfer, settings);
  const { extra, ended } = serveGit(['receive-pack', directory], transfer, env, 3, signal);
  const [asks, says, verdict] = extra;
  let sent = 0;
  const count = (chunk: Buffer): void => void (sent += chunk.length);
  transfer.input.on('data', count);
  const decided = (async () => {
    const call = await hookCall(asks!);
    for (const channel of extra) channel.resume(); // git's end is seen only by who reads
    if (!call) return sent > most ? tellTooMuch(transfer, most) : undefined;
    let accepted = false;
    try {
      const incoming = quarantined(directory, call);
      accepted = await decide(incoming, (bytes) => void says!.write(bytes));
    } finally {
      answerHook(says!, verdict!, accepted);
    }
  })();
  const [status] = await Promise.all([ended, decided]);
  transfer.input.off('data', count);
  return status;
}

/** git itself says no number, and nothing of where it comes from. */
function tellTooMuch({ errors }: Transfer, most: number): void {
  const mb = Math.floor(most / 2 ** 20);
  errors.write(`\n !     This push is larger than ${mb} MB, the most that may be sent at once.\n`);
  errors.write(' !     Leave large files out of the history, or ask an operator for more.\n\n');
}

function environmentFor(
  { protocol }: Transfer,
  settings: Record<string, string>,
): Record<string, string> {
  return {
    ...gitEnvironment(settings),
    ...(protocol === undefined ? {} : { GIT_PROTOCOL: protocol }),
  };
}

/** Nobody else works here: the caller holds the lock of the app. */
async function sweep(directory: string): Promise<void> {
  const objects = await readdir(join(directory, 'objects'));
  const left = objects.filter((name) => name.startsWith('tmp_objdir-'));
  await Promise.all(
    left.map((name) => rm(join(directory, 'objects', name), { recursive: true, force: true })),
  );
  const files = await readdir(directory, { recursive: true });
  const locks = files.filter((name) => name.endsWith('.lock') && !name.startsWith('objects/'));
  await Promise.all(locks.map((name) => rm(join(directory, name), { force: true })));
}

function git(
  directory: string,
  args: readonly string[],
  options: RunOptions,
  signal: AbortSignal,
): Promise<RunResult> {
  const env = gitEnvironment({});
  return run('git', ['--git-dir', directory, ...args], { env, ...options }, signal);
}
