// The Vagrantfile as `vagrant` reads it, with all that may be set from outside. Machines are not made: there is no hypervisor here.

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const root = join(import.meta.dirname, '../../..');
const GOOD: Record<string, string>[] = [
  {},
  { DEIS_NUM_INSTANCES: '1' },
  { DEIS_NUM_INSTANCES: '3', DEIS_VM_MEMORY: '4096', DEIS_VM_CPUS: '2' },
  { NUM_INSTANCES: '5', FLATCAR_CHANNEL: 'beta', FLATCAR_VERSION: '4081.2.0' },
];
const BAD: [name: string, value: string][] = [
  ...['abc', '0', '2.5', '-1', '51', '0x3', '3 4'].map((value): [string, string] => [
    'DEIS_NUM_INSTANCES',
    value,
  ]),
  ['DEIS_VM_MEMORY', '2G'],
  ['DEIS_VM_MEMORY', '512'],
  ['DEIS_VM_CPUS', '0'],
  ['FLATCAR_CHANNEL', 'nightly'],
  ['DEIS_RELEASE', '/does/not/exist'],
];

if (!existsSync('/usr/bin/vagrant')) t.plan(0, 'vagrant is not there: apt-get install vagrant');
else {
  const home = await mkdtemp(join(tmpdir(), 'deis-vagrant-'));
  t.teardown(() => rm(home, { recursive: true, force: true }));
  const validate = (env: Record<string, string>) =>
    execa('vagrant', ['validate', '--ignore-provider'], {
      cwd: root,
      env: { ...env, HOME: home, VAGRANT_HOME: join(home, 'vagrant') },
      all: true,
      reject: false,
    });

  t.test('what may be set is taken', { timeout: 300_000 }, async (t) => {
    for (const env of GOOD) {
      const { exitCode, all } = await validate(env);
      t.equal(exitCode, 0, all);
      t.match(all, 'validated successfully');
      const count = Number(env['DEIS_NUM_INSTANCES'] ?? env['NUM_INSTANCES'] ?? 3);
      t.equal(all.match(/deis-\d\d: Ignoring provider/g)?.length, count, JSON.stringify(env));
    }
  });

  t.test('anything else is told with its name and value', { timeout: 600_000 }, async (t) => {
    for (const [name, value] of BAD) {
      const { exitCode, all } = await validate({ [name]: value });
      t.not(exitCode, 0, `${name}=${value}`);
      t.match(all, new RegExp(`${name} .*${value}`), `${name}=${value}`);
    }
  });
}
