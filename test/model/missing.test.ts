// What is missing is an answer; any other failure to read stays a failure.

import { mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ifMissing, isMissing } from '../../src/model/missing.ts';

const folder = await mkdtemp(join(tmpdir(), 'missing-'));
await writeFile(join(folder, 'file'), 'text');

t.test('a value in place of what is missing', async (t) => {
  t.equal(await readFile(join(folder, 'file'), 'utf8').catch(ifMissing('')), 'text');
  t.equal(await readFile(join(folder, 'none'), 'utf8').catch(ifMissing('')), '');
  t.equal(await readFile(join(folder, 'file', 'below'), 'utf8').catch(ifMissing('')), '');
  t.same(await readdir(join(folder, 'none')).catch(ifMissing<string[]>([])), []);
});

t.test('any other failure is thrown on', async (t) => {
  await t.rejects(readFile(folder, 'utf8').catch(ifMissing('')), { code: 'EISDIR' });
  t.notOk(isMissing(new Error('no')));
  t.notOk(isMissing({ code: 'ENOENT' }), 'not even an error');
});
