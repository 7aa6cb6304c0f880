// bin/release, and the lines of Dockerfiles that are made of values.
import t from 'tap';
import { pairs } from '../../../src/builder/build/pairs.ts';
import { parseRelease } from '../../../src/builder/build/release.ts';

void t.test('types and variables; nothing at all is fine', (t) => {
  const text =
    '---\naddons: []\nconfig_vars:\n  A: b\n  N: 1\ndefault_process_types:\n  web: npm start\n';
  t.same(parseRelease(text), { types: { web: 'npm start' }, variables: { A: 'b', N: '1' } });
  t.same(parseRelease(''), { types: {}, variables: {} });
  for (const bad of [
    'a: [',
    'default_process_types: [x]',
    'config_vars:\n  a-b: x',
    'default_process_types:\n  A B: x',
  ]) {
    t.throws(() => parseRelease(bad), { code: 'build-failed', message: /^bin\/release/ }, bad);
  }
  t.end();
});

void t.test('values stay values', (t) => {
  t.equal(pairs('ENV', { A: 'x "y" $Z \\', B: '' }), 'ENV A="x \\"y\\" \\$Z \\\\" B=""');
  t.throws(() => pairs('ENV', { A: 'x\nUSER root' }), { code: 'build-failed' });
  t.end();
});
