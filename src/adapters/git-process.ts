// Programs of git whose streams belong to somebody else, and which must be gone when their time is over.

import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Readable, Writable } from 'node:stream';
import { DeisError } from '../model/errors.ts';
import type { Transfer } from '../ports/git.ts';

/** `extra`: file descriptors from 3 on, both ways. */
export interface ServedGit {
  child: ChildProcess;
  extra: (Readable & Writable)[];
  /** Exit status, once all output has gone out; 128 when it was killed. */
  ended: Promise<number>;
}

/**
 * Runs a server side program of git over the streams of a transfer, in a process group of its own: the signal ends it with its
 * hooks. A client that stops reading, or goes, does not end it.
 */
export function serveGit(
  args: readonly string[],
  { input, output, errors }: Transfer,
  env: Record<string, string>,
  extra: number,
  signal: AbortSignal,
): ServedGit {
  signal.throwIfAborted();
  const stdio = Array.from({ length: 3 + extra }, () => 'pipe' as const);
  const child = spawn('git', args, { env, stdio, detached: true });
  const kill = (): void => killGroup(child);
  const { promise: ended, resolve, reject } = Promise.withResolvers<number>();
  signal.addEventListener('abort', kill, { once: true });
  feed(input, child.stdin!);
  carry(child.stdout!, output, signal);
  carry(child.stderr!, errors, signal);
  child.once('error', (cause) =>
    reject(new DeisError('unsupported', 'git cannot be run.', '', { cause })),
  );
  child.once('close', (code) => {
    signal.removeEventListener('abort', kill);
    resolve(code ?? 128);
  });
  const channels = child.stdio.slice(3) as unknown as (Readable & Writable)[];
  // They break when git ends before it asked: its exit status says what happened.
  for (const channel of channels) channel.on('error', () => undefined);
  return { child, extra: channels, ended };
}

/** Resolves when the program ended well; throws DeisError('refused') with the last lines of its errors. */
export async function endedWell(child: ChildProcess, name: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject).once('close', resolve);
  const [said, code] = await Promise.all([text(child.stderr!), promise]);
  if (code === 0) return;
  const lines = said.trim().split('\n').slice(-3).join(' | ');
  throw new DeisError('refused', `${name} failed: ${lines}`);
}

/** What a program no longer reads is thrown away, so that the client comes to read what it was told. */
function feed(from: NodeJS.ReadableStream, to: Writable): void {
  from.pipe(to);
  to.on('error', () => {
    from.unpipe(to);
    from.resume();
  });
}

/** The reader's end is not ours to close. When the reader has gone, or the time is over, the rest is thrown away. */
function carry(from: Readable, to: NodeJS.WritableStream, signal: AbortSignal): void {
  const drop = (): void => {
    from.unpipe(to);
    from.resume();
  };
  from.pipe(to, { end: false });
  to.once('error', drop).once('close', drop);
  signal.addEventListener('abort', drop, { once: true });
  from.once('close', () => {
    to.removeListener('error', drop).removeListener('close', drop);
    signal.removeEventListener('abort', drop);
  });
}

/** SIGTERM lets git take its quarantine and its locks away. */
function killGroup({ pid, exitCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
