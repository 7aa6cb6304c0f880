// Submodules and LFS pointers are named; a tree without them costs nothing and says nothing.

import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { tellLeftBehind } from '../../../src/builder/build/left-behind.ts';

async function said(t: Test, files: Record<string, string | Buffer>): Promise<string> {
  const tree = t.testdir({});
  for (const [name, text] of Object.entries(files)) writeFileSync(join(tree, name), text);
  let text = '';
  await tellLeftBehind(tree, (more) => (text += more));
  return text;
}

const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';

t.test('a plain tree', async (t) => {
  t.equal(await said(t, { 'index.html': 'x', '.gitattributes': '*.txt text\n' }), '');
});

t.test('a file that is not text is not judged', async (t) => {
  t.equal(await said(t, { '.gitmodules': Buffer.from('path = \xff\n', 'latin1') }), '');
});

t.test('submodules, by their paths', async (t) => {
  const modules =
    '[submodule "one"]\n\tpath = vendor/one\n\turl = https://x\n[submodule "b"]\n path=b \n';
  const text = await said(t, { '.gitmodules': modules });
  t.match(text, ' !     vendor/one is a Git submodule: its files are not in a push.');
  t.match(text, ' !     b is a Git submodule');
});

t.test('pointers of Git LFS, and only those', async (t) => {
  const attributes = { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n' };
  const text = await said(t, { ...attributes, 'a.bin': pointer, 'b.bin': 'the file itself' });
  t.match(text, ' !     a.bin is a pointer of Git LFS: the file itself is not sent.');
  t.notMatch(text, 'b.bin');
  const names = Array.from({ length: 8 }, (_, at) => [`${at}.bin`, pointer]);
  t.match(await said(t, { ...attributes, ...Object.fromEntries(names) }), 'So are 3 more.');
});
