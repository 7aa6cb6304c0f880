// The units in Ignition files are read by systemd itself: an unknown key, a program that does not come along, or a cycle is refused.

import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { makeIgnition } from '../../src/machines/ignition/cluster.ts';
import type { CoreOs } from '../../src/machines/ignition/config.ts';

interface Unit {
  name: string;
  contents?: string;
  dropins?: { name: string; contents: string }[];
}

const SYSTEM = '/usr/lib/systemd/system';
/** What the system and the release archive bring. */
const PROGRAMS = ['/opt/deis/bin/deisd', '/opt/deis/bin/etcd', '/usr/bin/dockerd'];
const SHELLS = ['/bin/bash', '/bin/sh'];
/** What it would not take. */
const WRONG = [
  ['deisd.service', 'WatchdogSec', 'WatchdogSex'],
  ['etcd.service', '/opt/deis/bin/etcd', '/opt/deis/bin/absent'],
] as const;
const signal = new AbortController().signal;

async function unitsOf(t: Test, os: CoreOs): Promise<Unit[]> {
  const wish = {
    cluster: os,
    domain: 'paper.test',
    metadata: {},
    os,
    release: { url: 'https://example.com/x.tar.gz', sha256: '', file: '/var/lib/x.tar.gz' },
    staticPrefix: 24,
    discovery: '',
    operatorKeys: [],
    machines: [{ name: 'deis-01', ip: '10.0.0.11' }],
  };
  const [one] = await makeIgnition(t.testdir({}), wish, new Date(), signal);
  return (JSON.parse(one!.text) as { systemd: { units: Unit[] } }).systemd.units;
}

/** A system's own units, and these. */
async function install(t: Test, units: readonly Unit[]): Promise<string> {
  const root = t.testdir({});
  const put = async (path: string, content: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  };
  await cp(SYSTEM, join(root, SYSTEM), { recursive: true, verbatimSymlinks: true });
  for (const program of [...PROGRAMS, ...SHELLS]) {
    await put(program, '#!/bin/sh\n');
    await chmod(join(root, program), 0o755);
  }
  await symlink('usr/lib', join(root, 'lib'));
  await put(`${SYSTEM}/docker.service`, '[Service]\nExecStart=/usr/bin/dockerd\n');
  for (const { name, contents, dropins = [] } of units) {
    if (contents !== undefined) await put(`/etc/systemd/system/${name}`, contents);
    for (const one of dropins) await put(`/etc/systemd/system/${name}.d/${one.name}`, one.contents);
  }
  return root;
}

async function verify(root: string, names: readonly string[]) {
  const words = ['verify', '--man=no', `--root=${root}`, ...names];
  const { exitCode, all } = await execa('systemd-analyze', words, { all: true, reject: false });
  return { exitCode, said: all };
}

if (!existsSync('/usr/bin/systemd-analyze')) t.plan(0, 'systemd-analyze is not installed');
else {
  for (const os of ['flatcar', 'fcos'] as const) {
    void t.test(`systemd takes the units of a ${os} machine`, async (t) => {
      const units = await unitsOf(t, os);
      const own = units.filter(({ contents, dropins }) => contents ?? dropins);
      const names = own.map(({ name }) => name);
      const wanted = ['deisd', 'deis-drain', 'deis-install', 'docker', 'etcd'];
      for (const name of wanted) t.ok(names.includes(`${name}.service`), name);
      t.ok(names.includes('deis-builds.slice'));
      const root = await install(t, own);
      t.strictSame(await verify(root, names), { exitCode: 0, said: '' });
      for (const [unit, from, to] of WRONG) {
        const path = join(root, '/etc/systemd/system', unit);
        const text = await readFile(path, 'utf8');
        t.ok(text.includes(from));
        await writeFile(path, text.replace(from, to));
        t.match(
          (await verify(root, [unit])).said,
          to,
          'an unknown key is told without a bad status',
        );
      }
    });
  }
}
