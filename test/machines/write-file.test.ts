// Files of machines: written when they differ, kept where they are somebody's own, and no more open than they should be.

import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { writeFileSpec } from '../../src/machines/write-file.ts';

void t.test('says whether it changed anything, and closes what stands open', async (t) => {
  const root = t.testdir({});
  const secret = { path: '/a/key', content: 'x', mode: 0o600 };
  const at = join(root, 'a/key');
  const mode = async () => (await stat(at)).mode & 0o777;
  t.equal(await writeFileSpec(root, secret), true);
  t.equal(await mode(), 0o600);
  t.equal(await writeFileSpec(root, secret), false);
  await chmod(at, 0o644);
  t.equal(await writeFileSpec(root, secret), false);
  t.equal(await mode(), 0o600);
  t.equal(await writeFileSpec(root, { ...secret, content: 'y' }), true);
  await writeFile(at, 'mine');
  t.equal(await writeFileSpec(root, { ...secret, once: true }), false);
  t.equal(await readFile(at, 'utf8'), 'mine');
});
