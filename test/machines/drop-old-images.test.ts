import t from 'tap';
import { staleImages } from '../../src/machines/drop-old-images.ts';

const HOUR = 3_600_000;
const name = (kind: string, index: number) => `${kind}-${String(index).repeat(16)}.tar`;

t.test('of the images every build makes, the newest three stay, and the young', async (t) => {
  const platform = [1, 2, 3, 4, 5].map((at) => ({ name: name('platform', at), mtimeMs: at }));
  const others = ['debian', 'runtime', 'node'].map((kind) => ({ name: name(kind, 1), mtimeMs: 0 }));
  const notes = [{ name: 'platform.tar', mtimeMs: 0 }];
  const files = [...platform, ...others, ...notes];
  t.strictSame(
    staleImages(files, HOUR, () => true),
    [name('platform', 2), name('platform', 1)],
  );
  t.strictSame(
    staleImages(files, 60_000, () => true),
    [],
  );
});

t.test('what a killed build left goes, what a living one writes stays', async (t) => {
  const files = [
    'files-11.tar.dir-XlzYz9',
    'files-22.tar',
    'debian-0123456789abcdef.tar.new-11.tar',
    'platform.tar.11',
    'platform.json.22',
  ].map((file) => ({ name: file, mtimeMs: 0 }));
  t.strictSame(
    staleImages(files, HOUR, (pid) => pid === 22),
    ['files-11.tar.dir-XlzYz9', 'debian-0123456789abcdef.tar.new-11.tar', 'platform.tar.11'],
  );
});
