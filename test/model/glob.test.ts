// Patterns mean what Go's path.Match makes of them.

import t from 'tap';
import { globMatches } from '../../src/model/glob.ts';

const CASES: [glob: string, name: string, matches: boolean][] = [
  ['abc', 'abc', true],
  ['abc', 'abcd', false],
  ['*', 'abc', true],
  ['*', '', true],
  ['*c', 'abc', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['app@*.service', 'app@1.service', true],
  ['app@*.service', 'apps@1.service', false],
  ['app@?.service', 'app@12.service', false],
  ['a.c', 'abc', false],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[e-g]', 'abc', false],
  ['ab[^c]', 'abc', false],
  ['ab[^b-d]', 'abe', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'ab', false],
  ['a?b', 'aéb', true],
  ['[\\]a]', ']', true],
  ['[\\-x]', '-', true],
  ['[z-a]', 'm', false],
  ['^$', '^$', true],
  ['(a|b)', 'a', false],
  // malformed: they match nothing, not even themselves
  ['[]a]', ']', false],
  ['[-x]', '-', false],
  ['[', '[', false],
  ['[^', 'a', false],
  ['[a', 'a', false],
  ['a\\', 'a\\', false],
];

for (const [glob, name, matches] of CASES) {
  void t.test(`${glob} ${matches ? 'matches' : 'does not match'} ${name}`, async (t) => {
    t.equal(globMatches(glob, name), matches);
  });
}
