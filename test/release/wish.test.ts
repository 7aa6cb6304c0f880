// The words after `npm run release --`.

import t from 'tap';
import { releaseWish } from '../../src/release/wish.ts';

void t.test(
  'without a word all, this computer first; by any name that people have for them',
  (t) => {
    t.same(releaseWish([], 'x64'), { processors: ['x64', 'arm64'], named: false });
    t.same(releaseWish([], 'arm64').processors, ['arm64', 'x64']);
    const asked: [string[], string[]][] = [
      [['--arch', 'arm64'], ['arm64']],
      [['--arch=amd64'], ['x64']],
      [['--arch=aarch64,x86_64'], ['arm64', 'x64']],
      [['--arch', 'arm64', '--arch', 'arm64'], ['arm64']],
    ];
    for (const [words, processors] of asked) {
      t.same(releaseWish(words, 'x64'), { processors, named: true }, words.join(' '));
    }
    t.end();
  },
);

void t.test('what nobody makes is refused with what may be said', (t) => {
  for (const words of [['--arch', 'riscv64'], ['--arch'], ['--arch='], ['arm64'], ['--all']]) {
    t.throws(
      () => releaseWish(words, 'x64'),
      { code: 'invalid', hint: /amd64,arm64/ },
      words.join(' '),
    );
  }
  t.end();
});
