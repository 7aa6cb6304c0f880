// Command lines as people type them, suggestions, tables.

import t from 'tap';
import { commandLine } from '../../src/cli/command-line.ts';
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
