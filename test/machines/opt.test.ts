// What machines get under /opt/deis: a new folder for new content, never a change in an old one.
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { assembleOpt, dropOldVersions } from '../../src/machines/opt.ts';
import { writeFileSpec } from '../../src/machines/write-file.ts';

function put(root: string, file: string, content: string, mode = 0o644): void {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

void t.test('new content gets a folder of its own; the old one stays as it was', async (t) => {
  const root = t.testdir();
  put(root, 'src/agent/waiter', '#!/bin/sh\n', 0o755);
  put(root, 'templates/a/b.hbs', 'one');
  const bare = await assembleOpt(root);
  t.equal(bare.hasDaemon, false);
  put(root, 'dist/daemon/deisd.js', '1');
  const first = await assembleOpt(root);
  t.equal(first.hasDaemon, true);
  t.not(first.version, bare.version);
  t.same(await assembleOpt(root), first, 'the same content has the same name');
  put(root, 'dist/daemon/deisd.js', '2');
  const second = await assembleOpt(root);
  const at = (version: string, file: string) => join(root, '.deis/opt', version, file);
  t.equal(readFileSync(at(first.version, 'dist/deisd.js'), 'utf8'), '1');
  t.equal(readFileSync(at(second.version, 'dist/deisd.js'), 'utf8'), '2');
  t.equal(readFileSync(at(second.version, 'templates/a/b.hbs'), 'utf8'), 'one');
  t.ok(statSync(at(second.version, 'libexec/waiter')).mode & 0o100, 'the waiter can be run');
  t.ok(statSync(at(second.version, 'bin/deisd')).mode & 0o100, 'the daemon can be run');
  t.match(
    readFileSync(at(second.version, 'bin/fleetctl'), 'utf8'),
    /deisd\.js fleetctl "\$@"\n$/,
    'and what fleetctl runs here',
  );
});

void t.test('versions in use are never dropped', async (t) => {
  const root = t.testdir();
  const versions: string[] = [];
  for (let build = 0; build < 6; build++) {
    put(root, 'dist/daemon/deisd.js', String(build));
    versions.push((await assembleOpt(root)).version);
  }
  await dropOldVersions(root, new Set([versions[0]!, versions[1]!]));
  const left = readdirSync(join(root, '.deis/opt'));
  t.equal(left.length, 5, 'two in use, three more');
  t.ok(left.includes(versions[0]!) && left.includes(versions[1]!));
});

void t.test(
  'files are written when they differ, and `once` only where there is none',
  async (t) => {
    const root = t.testdir();
    const write = (content: string, once = false) =>
      writeFileSpec(root, { path: '/etc/deis/x', content, mode: 0o600, once });
    t.equal(await write('a', true), true);
    t.equal(statSync(join(root, 'etc/deis/x')).mode & 0o777, 0o600);
    t.equal(await write('b', true), false, 'kept');
    t.equal(await write('a'), false, 'the same');
    t.equal(await write('b'), true);
    t.equal(readFileSync(join(root, 'etc/deis/x'), 'utf8'), 'b');
  },
);
