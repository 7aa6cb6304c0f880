// Unit files on disk, and systemd's spelling of units on the bus.

import { lstatSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { SystemdFiles } from '../../src/adapters/systemd-files.ts';
import { pathOfUnit, unitOfPath } from '../../src/adapters/systemd-names.ts';

function host(t: Test) {
  const root = t.testdir({ etc: {}, run: { system: {} } });
  const directories = { root, own: '/run/own', linked: '/run/system', host: ['/etc'] };
  return { root, files: new SystemdFiles(directories) };
}

const FILE = { name: 'a_v1.web.1.service', content: '[Service]\nExecStart=/bin/true\n' };

void t.test('a file is ours, readable by all, linked under the name the host uses', async (t) => {
  const { root, files } = host(t);
  t.strictSame(await files.all(), []);
  t.equal(await files.write(FILE), true);
  t.equal(await files.write(FILE), false, 'nothing new, nothing done');
  t.strictSame(await files.all(), [FILE]);
  t.equal(readlinkSync(join(root, 'run/system', FILE.name)), `/run/own/${FILE.name}`);
  t.equal(lstatSync(join(root, 'run/own', FILE.name)).mode & 0o777, 0o644);
  t.equal(await files.write({ ...FILE, content: 'other\n' }), true);
  t.equal(await files.remove(FILE.name), true);
  t.equal(await files.remove(FILE.name), false);
  t.throws(() => lstatSync(join(root, 'run/system', FILE.name)), { code: 'ENOENT' });
});

void t.test('a lost link is made again', async (t) => {
  const { root, files } = host(t);
  mkdirSync(join(root, 'run/own'));
  writeFileSync(join(root, 'run/own', FILE.name), FILE.content);
  t.equal(await files.write(FILE), true);
  t.ok(lstatSync(join(root, 'run/system', FILE.name)).isSymbolicLink());
});

void t.test('what the host has is not ours', async (t) => {
  const { root, files } = host(t);
  writeFileSync(join(root, 'etc/sshd.service'), '');
  writeFileSync(join(root, 'etc/getty@.service'), '');
  writeFileSync(join(root, 'run/system/generated.service'), '');
  symlinkSync('/dev/null', join(root, 'run/system/masked.service'));
  for (const name of ['sshd', 'getty@', 'getty@tty1', 'generated', 'masked']) {
    t.match(await files.objection(`${name}.service`), /of the host itself/, name);
  }
  for (const name of ['../a.service', 'a/b.service', '.', 'a', 'x.conf', '@.service']) {
    t.type(await files.objection(name), 'string', name);
  }
  t.equal(await files.objection(FILE.name), undefined);
  t.equal(await files.remove('generated.service'), false, 'and is not removed');
  t.equal(await files.remove('../../etc/sshd.service'), false);
  t.ok(lstatSync(join(root, 'etc/sshd.service')));
  await files.write(FILE);
  t.equal(await files.objection(FILE.name), undefined, 'our own link is no objection');
});

void t.test('object paths', async (t) => {
  const path = '/org/freedesktop/systemd1/unit/app_5fv3_2eweb_2e1_2eservice';
  t.equal(pathOfUnit('app_v3.web.1.service'), path);
  t.equal(unitOfPath(path), 'app_v3.web.1.service');
  t.equal(unitOfPath('/org/freedesktop/systemd1/job/1'), undefined);
  t.equal(pathOfUnit('1a.mount'), '/org/freedesktop/systemd1/unit/_31a_2emount');
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
      return unitOfPath(pathOfUnit(name)) === name && /^[\w/]+$/.test(pathOfUnit(name));
    }),
  );
});
