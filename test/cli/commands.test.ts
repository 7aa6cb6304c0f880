// What every command of both programs owes to the person who types it, and how fast it comes.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core';
import t from 'tap';
import { COMMANDS as DEIS } from '../../src/cli/deis/index.ts';
import { COMMANDS as DEISCTL } from '../../src/cli/deisctl/index.ts';
import { ignoreStdin } from '../../src/cli/program.ts';
import { GRACE } from '../whole/pace.ts';

const ROOT = join(import.meta.dirname, '../..');
/** DESIGN §13. */
const START_MS = 200;
/** What Node 24 itself needs to start on the box that the goal is for. */
const NODE_START_MS = 40;
const TRIES = 7;

for (const [program, table] of Object.entries({ deisctl: DEISCTL, deis: DEIS })) {
  void t.test(`${program}: every command explains itself`, async (t) => {
    for (const [id, command] of Object.entries<Command.Class>(table)) {
      t.ok(command.summary, `${program} ${id} has a summary`);
      if (command.hidden) continue;
      t.ok(command.examples?.length, `${program} ${id} has an example`);
    }
  });

  void t.test(`${program}: what oclif reads from the class itself is there`, async (t) => {
    for (const [id, command] of Object.entries<Command.Class>(table)) {
      for (const name of ['args', 'strict'] as const) {
        const inherited = Object.getPrototypeOf(command) as Command.Class;
        if (command[name] !== inherited[name]) continue;
        if (name === 'strict' && command.strict) continue;
        if (name === 'args' && Object.keys(command.args).length === 0) continue;
        t.ok(Object.hasOwn(command, name), `${id} repeats ${name} of the class it extends`);
      }
    }
  });

  void t.test(`${program}: what comes through a pipe is never taken for an argument`, async (t) => {
    ignoreStdin(table);
    const args = Object.entries<Command.Class>(table).flatMap(([id, command]) =>
      Object.entries(command.args).map(([name, { ignoreStdin: deaf }]) => ({ id, name, deaf })),
    );
    t.ok(args.length > 5);
    for (const { id, name, deaf } of args) t.equal(deaf, true, `${id} <${name}>`);
  });

  void t.test(`${program}: no name or shortcut means two things`, async (t) => {
    const names = Object.entries<Command.Class>(table).flatMap(([id, { aliases }]) => [
      id,
      ...(aliases ?? []),
    ]);
    t.strictSame(names.toSorted(), [...new Set(names)].toSorted());
  });
}

void t.test('a command that is made from another one knows which cluster is meant', async (t) => {
  const words = ['nodes', 'scale', '-C', 'nowhere', 'x=1'];
  const { stderr } = spawnSync(process.execPath, [join(ROOT, 'bin/deisctl.js'), ...words], {
    encoding: 'utf8',
  });
  t.match(stderr, /no cluster called "nowhere"/);
});

void t.test('whatever lists can be read by a program', async (t) => {
  const lists = [
    ...Object.entries<Command.Class>(DEISCTL).filter(([id]) =>
      ['list', 'machines', 'status'].includes(id),
    ),
    ...Object.entries<Command.Class>(DEIS).filter(([id]) => id.endsWith(':list')),
  ];
  t.ok(lists.length > 8);
  for (const [id, { enableJsonFlag }] of lists) t.ok(enableJsonFlag, `${id} --json`);
});

void t.test('the shortcuts of Deis v1', async (t) => {
  const shortcuts = Object.values<Command.Class>(DEIS).flatMap(({ aliases }) => aliases ?? []);
  const expected =
    'create destroy info login logout logs open passwd pull register rollback scale whoami apps builds config limits ps releases tags users';
  for (const name of expected.split(' ')) t.ok(shortcuts.includes(name), name);
});

/** Fastest of several runs, ms: the box is shared, and the fastest says what a program needs. */
function fastest(command: string, args: string[], look: (text: string) => void): number {
  const times = Array.from({ length: TRIES }, () => {
    const began = performance.now();
    const { stdout } = spawnSync(command, args, { encoding: 'utf8' });
    const took = performance.now() - began;
    look(stdout);
    return took;
  });
  return Math.min(...times);
}

void t.test('the built programs start at once', async (t) => {
  t.ok(existsSync(join(ROOT, 'dist/cli/deisctl.js')), 'built: npm run build');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  for (const program of ['deisctl', 'deis']) {
    for (const flag of ['--version', '--help']) {
      const bare = fastest(process.execPath, ['-e', '0'], () => undefined);
      const took = fastest(join(ROOT, 'bin', program), [flag], (text) =>
        t.match(text, `${program}/${version}`),
      );
      // A busy box is slow for Node itself too, and by as much more time is allowed.
      const allowed = START_MS * Math.max(1, bare / NODE_START_MS);
      const words = `${program} ${flag}: ${took.toFixed(0)} of ${allowed.toFixed(0)} ms`;
      t.ok(took <= allowed * GRACE, words);
      if (took > allowed) t.comment(`SLOW: ${words}`);
    }
  }
});

void t.test('the built programs work on a terminal too', async (t) => {
  for (const program of ['deisctl', 'deis']) {
    const typed = `${join(ROOT, 'bin', program)} --help`;
    const { status, stdout } = spawnSync('script', ['-qec', typed, '/dev/null'], {
      encoding: 'utf8',
    });
    t.equal(status, 0, stdout);
    t.match(stdout, 'USAGE');
  }
});
