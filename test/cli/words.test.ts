// Command lines as people type them, suggestions, tables.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core';
import t from 'tap';
import { commandLine } from '../../src/cli/command-line.ts';
import { COMMANDS as DEIS } from '../../src/cli/deis/index.ts';
import { COMMANDS as DEISCTL } from '../../src/cli/deisctl/index.ts';
import { habit } from '../../src/cli/habits.ts';
import { unknownCommand } from '../../src/cli/not-found.ts';
import { knownIds } from '../../src/cli/program.ts';
import { distance, suggest } from '../../src/cli/suggest.ts';
import { table } from '../../src/cli/table.ts';

const IDS = ['local:up', 'local:exec', 'config:set', 'config:list', 'config', 'scale', 'status'];

void t.test('what was typed becomes an id of the table', async (t) => {
  const cases: [string, string][] = [
    ['local up', 'local:up'],
    ['local:up --name=x', 'local:up --name=x'],
    ['local exec m1 -- ls local', 'local:exec m1 -- ls local'],
    ['config set A=b', 'config:set A=b'],
    ['config:set A=b', 'config:set A=b'],
    ['config', 'config'],
    ['scale router=3', 'scale router=3'],
    ['local', 'local'],
    ['help local up', 'local:up --help'],
    ['help', '--help'],
    ['version', '--version'],
    ['--version', '--version'],
    ['status --json', 'status --json'],
    ['unknown thing', 'unknown thing'],
    ['-C x local up', 'local:up -C x'],
    ['--cluster=x --json config set A=b', 'config:set --cluster=x --json A=b'],
    ['-C x help local up', 'local:up -C x --help'],
    ['-C', '-C'],
    ['-C x', '-C x'],
    ['-h', '-h'],
    ['-- ls', '-- ls'],
    ['', ''],
  ];
  for (const [typed, expected] of cases) {
    const words = typed === '' ? [] : typed.split(' ');
    t.equal(commandLine(words, IDS, ['-C', '--cluster']).join(' '), expected, typed || 'nothing');
  }
});

void t.test('distance counts inserted, deleted, replaced and swapped letters', async (t) => {
  t.equal(distance('scale', 'scale'), 0);
  t.equal(distance('scal', 'scale'), 1);
  t.equal(distance('sclae', 'scale'), 1);
  t.equal(distance('machine', 'machines'), 1);
  t.equal(distance('', 'abc'), 3);
  t.equal(distance('kitten', 'sitting'), 3);
});

void t.test('a suggestion is near, or there is none', async (t) => {
  t.equal(suggest('scael', IDS), 'scale');
  t.equal(suggest('confg:set', IDS), 'config:set');
  t.equal(suggest('xyzzy', IDS), undefined);
  t.equal(suggest('frobnicate', IDS), undefined);
});

void t.test(
  'columns are as wide as their widest cell, lines have no trailing blanks',
  async (t) => {
    t.strictSame(
      table([
        ['A', 'LONG', 'C'],
        ['abc', 'x', ''],
        ['a', 'b', 'c'],
      ]),
      ['A    LONG  C', 'abc  x', 'a    b     c'],
    );
    t.strictSame(table([]), []);
  },
);

/** What may stand at the front: `ps` of `ps:list`. */
const fronts = (table: Record<string, Command.Class>): Set<string> =>
  new Set(knownIds(table).map((id) => id.split(':')[0]!));

void t.test('habits lead to commands that there are', async (t) => {
  const words = readFileSync(join(import.meta.dirname, '../../src/cli/habits.ts'), 'utf8');
  const rows = [...words.matchAll(/^  '?([\w-]+)'?: 'deisctl ([\w-]+)( [\w-]+)?/gm)];
  t.ok(rows.length > 20);
  for (const [, word = '', verb = ''] of rows) {
    t.ok(fronts(DEISCTL).has(verb), `${word}: ${verb}`);
    t.notOk(fronts(DEISCTL).has(word), `${word} is no command itself`);
  }
});

void t.test('what belongs to the other program is said to', async (t) => {
  const [here, there] = [fronts(DEISCTL), fronts(DEIS)];
  for (const id of there) if (!here.has(id)) t.ok(habit('deisctl', id), `deisctl ${id}`);
  for (const id of here) {
    if (there.has(id) || id === 'list') continue;
    t.equal(habit('deis', id), `deisctl ${id}`);
  }
  t.equal(habit('deis', 'list'), 'deis apps', 'a developer’s list is of apps');
  t.equal(habit('deisctl', 'apps:create'), 'deis apps:create');
  t.equal(habit('deisctl', 'list-units'), 'deisctl list --all');
  t.equal(habit('deisctl', 'constructor'), undefined);
});

void t.test('every verb with a slip of the finger is found again', async (t) => {
  for (const [program, table] of Object.entries({ deisctl: DEISCTL, deis: DEIS })) {
    const ids = knownIds(table);
    for (const id of ids.filter((name) => name.length > 3)) {
      const slip = `${id.slice(0, -2)}${id.at(-1)}${id.at(-2)}`;
      if (ids.includes(slip) || id.at(-1) === id.at(-2)) continue;
      t.throws(() => unknownCommand(program, slip, ids), { message: /Did you mean `/ }, slip);
    }
    t.throws(() => unknownCommand(program, 'xyzzy', ids), {
      message: `${program} has no command "xyzzy"\nSee all commands: ${program} --help`,
      oclif: { exit: 2 },
    });
  }
});
