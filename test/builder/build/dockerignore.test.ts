// .dockerignore: which paths are left out.
import t from 'tap';
import { ignoring } from '../../../src/builder/build/dockerignore.ts';

const CASES: [patterns: string, path: string, ignored: boolean][] = [
  ['node_modules', 'node_modules/a/b', true],
  ['node_modules', 'sub/node_modules', false],
  ['**/node_modules', 'sub/node_modules/x', true],
  ['/secret.txt', 'secret.txt', true],
  ['*.log', 'a.log', true],
  ['*.log', 'sub/a.log', false],
  ['**/*.log', 'sub/sub/a.log', true],
  ['*/temp*', 'some/temporary.txt', true],
  ['temp?', 'tempa', true],
  ['temp?', 'temp/a', false],
  ['docs\n!docs/README.md', 'docs/README.md', false],
  ['docs\n!docs/README.md', 'docs/other.md', true],
  ['# comment\r\n\r\na/ \r\n', 'a/b', true],
  ['a[bc].txt', 'ab.txt', true],
  ['a[bc].txt', 'ad.txt', false],
  ['a+b.(x)', 'a+b.(x)', true],
  ['*', 'Dockerfile', false],
  ['*', '.dockerignore', false],
  ['**', 'a/b', true],
];

for (const [patterns, path, ignored] of CASES) {
  void t.test(`${JSON.stringify(patterns)} and ${path}`, (t) => {
    t.equal(ignoring(patterns).ignored(path), ignored);
    t.end();
  });
}

void t.test('ignored directories are entered only where something may be kept', (t) => {
  t.equal(ignoring('docs').enter('docs'), false);
  t.equal(ignoring('docs\n!docs/a').enter('docs'), true);
  t.end();
});
