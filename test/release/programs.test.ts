// Which processor a program is for, wherever in a release it lies: in a file, in an image, in a layer of an image.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { elfMachine, PROCESSORS, processorNamed } from '../../src/model/processor.ts';
import { countPrograms, requireProgramsFor } from '../../src/release/programs.ts';

const signal = new AbortController().signal;

/** The first bytes of a program, as elf(5) has them; the rest is whatever. */
function program(machine: number): Buffer {
  const bytes = Buffer.alloc(700, 1);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]).copy(bytes);
  bytes.writeUInt16LE(machine, 18);
  return bytes;
}

void t.test('an image is looked into, its layers too', async (t) => {
  const { x64, arm64 } = PROCESSORS;
  const at = t.testdir();
  const put = (path: string, content: Buffer | string): void => {
    mkdirSync(join(at, path, '..'), { recursive: true });
    writeFileSync(join(at, path), content);
  };
  put('tree/bin/node', program(arm64.elf));
  put('tree/bin/deisd', '#!/bin/sh\n');
  put('tree/empty', '');
  put('layer/usr/bin/right', program(arm64.elf));
  put('layer/usr/bin/text', 'no program, '.repeat(100));
  put('layer/usr/lib/wrong.so', program(x64.elf));
  const blobs = join(at, 'image/blobs/sha256');
  put('image/blobs/sha256/c0ffee', '{"architecture":"arm64"}');
  await execa('tar', ['-C', join(at, 'layer'), '-cf', join(blobs, 'abc'), '.']);
  mkdirSync(join(at, 'tree/images'));
  await execa('tar', ['-C', join(at, 'image'), '-cf', join(at, 'tree/images/one.tar'), '.']);
  const { all, foreign } = await countPrograms(join(at, 'tree'), 'arm64', signal);
  t.equal(all, 3);
  t.same(foreign, ['images/one.tar:./blobs/sha256/abc:./usr/lib/wrong.so']);
  const other = await countPrograms(join(at, 'tree'), 'x64', signal);
  t.equal(other.foreign.length, 2);
  await t.rejects(requireProgramsFor(join(at, 'tree'), 'arm64', signal), {
    code: 'conflict',
    message: /wrong\.so/,
  });
});

void t.test('an archive that is broken is told, not waited for', async (t) => {
  const at = t.testdir({ 'broken.tar': 'no archive at all, '.repeat(100) });
  await t.rejects(countPrograms(at, 'arm64', signal));
});

void t.test('of real programs', async (t) => {
  const own = process.arch === 'arm64' ? 'arm64' : 'x64';
  const { stdout } = await execa('head', ['-c', '64', process.execPath], { encoding: 'buffer' });
  t.equal(elfMachine(Buffer.from(stdout)), PROCESSORS[own].elf);
  t.equal(elfMachine(Buffer.from('#!/bin/sh')), undefined);
  t.equal(processorNamed('aarch64'), 'arm64');
  t.equal(processorNamed('amd64'), 'x64');
  t.equal(processorNamed('riscv64'), undefined);
});
