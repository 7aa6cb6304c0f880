// deisctl as a person types it, in this process: whole command lines against a toy cluster, an sshd of ours and a pretended deisd.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { BaseCommand } from '../../../src/cli/base.ts';
import type { Cluster } from '../../../src/cli/context.ts';
import { main } from '../../../src/cli/deisctl/index.ts';
import { logIn } from '../../../src/cli/reach/ssh-way.ts';
import { keys } from '../../../src/registry/keys.ts';
import { put } from '../../../src/registry/registry.ts';
import { machine } from '../records.ts';
import { type ToyCluster, toyCluster } from '../platform/toy-cluster.ts';
import { newKey, toySshd } from '../reach/toy-sshd.ts';

export interface Said {
  code: number;
  out: string;
  err: string;
}

export interface Counter {
  toy: ToyCluster;
  home: string;
  signal: AbortSignal;
  /** One command line; words are separated by one blank. */
  type: (line: string) => Promise<Said>;
  /** stdout is these lines, stderr is empty, the status 0. */
  prints: (t: Test, line: string, lines: readonly string[]) => Promise<void>;
  /** Nothing on stdout; stderr is these lines. */
  refuses: (t: Test, line: string, code: number, lines: readonly string[]) => Promise<void>;
}

/** Says what it would run: there is no Docker behind the toy sshd. */
const DOCKER = '#!/bin/sh\necho "docker $*"\nexit 3\n';

export async function counter(t: Test): Promise<Counter> {
  const ended = new AbortController();
  const { signal } = ended;
  const home = mkdtempSync(join(tmpdir(), 'deisctl-counter-'));
  t.teardown(() => {
    ended.abort();
    rmSync(home, { recursive: true });
  });
  mkdirSync(join(home, 'bin'));
  writeFileSync(join(home, 'bin/docker'), DOCKER);
  chmodSync(join(home, 'bin/docker'), 0o755);
  // Every command line waits for the same streams.
  for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0);
  process.env['HOME'] = home;
  process.env['NO_COLOR'] = '1';
  process.env['PATH'] = `${join(home, 'bin')}:${process.env['PATH']}`;
  delete process.env['DEISCTL_UNITS'];
  delete process.env['SSH_AUTH_SOCK'];
  const toy = toyCluster(signal);
  const machines = [1, 2, 3].flatMap((number) => {
    const { id } = machine(number);
    return [
      put(keys.machines, [id], machine(number)),
      put(keys.alive, [id], { session: 's', since: 'x' }),
    ];
  });
  await toy.registry.commit([], machines, signal);
  const cluster = await pretend(t, toy, home);
  Object.defineProperty(BaseCommand.prototype, 'openCluster', { value: async () => cluster });
  const type = (line: string): Promise<Said> => listen(() => main(line.split(' ')));
  return {
    toy,
    home,
    signal,
    type,
    prints: async (on, line, lines) => {
      const { code, out, err } = await type(line);
      on.strictSame([code, err], [0, ''], line);
      on.strictSame(linesOf(out), lines, line);
    },
    refuses: async (on, line, expected, lines) => {
      const { code, out, err } = await type(line);
      on.strictSame([code, out], [expected, ''], line);
      on.strictSame(linesOf(err), lines, line);
    },
  };
}

async function pretend(t: Test, toy: ToyCluster, home: string): Promise<Cluster> {
  const key = newKey();
  const sshd = await toySshd(t, key);
  writeFileSync(join(home, 'id'), key.private);
  writeFileSync(join(home, 'known'), `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
  const way = {
    user: 'core',
    key: join(home, 'id'),
    knownHosts: join(home, 'known'),
    strict: true,
    timeout: 5000,
  };
  const machines: Pick<Cluster['machines'], 'status' | 'journal'> = {
    status: async (api, unit) => `● ${unit} - at ${api}\n     Active: active (running)\n`,
    async *journal(api, { unit, lines, follow }) {
      yield `-- ${lines} lines of ${unit} at ${api}${follow ? ', and on' : ''}\n`;
    },
  };
  return {
    registry: toy.registry,
    machines: machines as Cluster['machines'],
    tls: { ca: '', cert: '', key: '' },
    context: undefined,
    members: [],
    ensureRoles: async () => true,
    person: async () => ({ user: 'core', isRoot: false }),
    ssh: (_machine, until) => logIn(way, { host: '127.0.0.1', port: sshd.port }, undefined, until),
    close: () => undefined,
  };
}

/** What comes on standard output and error while it runs; tap's own lines are not written meanwhile. */
async function listen(run: () => Promise<number>): Promise<Said> {
  const said = { out: '', err: '' };
  const streams = { out: process.stdout, err: process.stderr };
  const before = {
    out: streams.out.write.bind(streams.out),
    err: streams.err.write.bind(streams.err),
  };
  for (const name of ['out', 'err'] as const) {
    streams[name].write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      said[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      const done = rest.findLast((one) => typeof one === 'function') as (() => void) | undefined;
      done?.();
      return true;
    }) as typeof process.stdout.write;
  }
  try {
    return { code: await run(), ...said };
  } finally {
    streams.out.write = before.out;
    streams.err.write = before.err;
    process.exitCode = 0;
  }
}

/** Each ends with a newline. */
const linesOf = (text: string): string[] => text.split('\n').slice(0, -1);
