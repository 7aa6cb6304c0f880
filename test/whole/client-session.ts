// A person with a home directory, typing `deis` commands: what they say and how they end.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Test } from 'tap';
import { createAuthority, issueCertificate } from '../../src/adapters/pki.ts';
import type { TestPlatform } from './platform.ts';

export interface Typing {
  stdin?: string;
  cwd?: string;
}

export interface Person {
  home: string;
  /** A git repository. */
  project: string;
  env: Record<string, string>;
  /** Types a command and checks how it ended: `code`, and that its output (both streams) matches. Answers stdout. */
  types: (words: string, code: number, output: RegExp, typing?: Typing) => Promise<string>;
  /** First words of all commands typed. */
  typed: string[];
}

const COMMAND_MS = 120_000;
/** Commands that took longer are told, ms: whoever wants the session shorter begins with them. */
const SLOW_MS = 3000;

/** Logged in as the administrator of the platform; has a key, a certificate for `domain`, and a browser that is none. */
export async function person(t: Test, on: TestPlatform, domain: string): Promise<Person> {
  const dir = t.testdir({ home: { '.ssh': {} }, project: {}, bin: {} });
  const home = join(dir, 'home');
  const project = join(dir, 'project');
  cpSync(join(on.root, '.deis', 'clusters', on.name, 'home', '.deis'), join(home, '.deis'), {
    recursive: true,
  });
  execFileSync('git', ['init', '-q'], { cwd: project });
  const key = join(home, '.ssh', 'id_ed25519');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ada@laptop', '-f', key]);
  await writeCertificate(project, domain);
  mkdirSync(join(dir, 'bin'), { recursive: true });
  writeFileSync(join(dir, 'bin', 'xdg-open'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  writeFileSync(join(dir, 'bin', 'deis-greet'), '#!/bin/sh\necho "hello $*"; exit 7\n', {
    mode: 0o755,
  });
  const env = {
    HOME: home,
    PATH: `${join(dir, 'bin')}:${process.env['PATH'] ?? ''}`,
    GIT_CEILING_DIRECTORIES: dir,
    NO_COLOR: '1',
  };
  const typed: string[] = [];
  return {
    home,
    project,
    env,
    typed,
    async types(words, code, output, { stdin = '', cwd = project } = {}) {
      const argv = words.match(/'[^']*'|\S+/g)!.map((word) => word.replace(/^'|'$/g, ''));
      typed.push(argv[0]!);
      const program = join(on.root, 'bin', 'deis');
      const began = performance.now();
      const result = await execa(program, argv, {
        reject: false,
        input: stdin,
        cwd,
        env,
        cancelSignal: on.signal,
        timeout: COMMAND_MS,
      });
      const took = performance.now() - began;
      if (took > SLOW_MS) t.comment(`${(took / 1000).toFixed(1)} s: deis ${words}`);
      const said = `${result.stdout}\n${result.stderr}`;
      t.equal(result.exitCode, code, `deis ${words}: exit status, after\n${said}`);
      t.match(said, output, `deis ${words}`);
      return result.stdout;
    },
  };
}

async function writeCertificate(folder: string, domain: string): Promise<void> {
  const from = new Date(Date.now() - 3600_000);
  const to = new Date(Date.now() + 86_400_000);
  const authority = await createAuthority('somebody', from, to);
  const request = { commonName: domain, hosts: [domain], notBefore: from, notAfter: to };
  const { cert, key } = await issueCertificate(authority, request);
  writeFileSync(join(folder, 'site.crt'), cert);
  writeFileSync(join(folder, 'site.key'), key);
}
