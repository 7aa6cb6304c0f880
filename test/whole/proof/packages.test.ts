// What `npm run release` makes, as people use it: the command lines on a laptop with each Node, the archive and the Debian package on
// hosts that become nodes by them, checksums and the bill of materials. A release is made of the whole checkout, with its packages.

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { bareMachine, type BareMachine } from '../bare-machine.ts';
import { appUnits, deployHello, eventually, platform } from '../platform.ts';

const on = await platform();
const target = join(on.root, 'release');
const { version } = JSON.parse(await readFile(join(on.root, 'package.json'), 'utf8')) as {
  version: string;
};
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const archive = `deis-${version}-linux-${process.arch}.tar.gz`;
const debian = `deis-node_${version}_${architecture}.deb`;
const commandLine = `deis-${version}-cli.tgz`;

t.test(
  'a release is made, with checksums and a bill of materials',
  { timeout: 900_000 },
  async (t) => {
    await execa(process.execPath, ['src/release/main.ts'], { cwd: on.root });
    const files = await readdir(target);
    const sbom = `deis-${version}.cdx.json`;
    const all = [archive, debian, commandLine, sbom, `deis-${version}-platform.oci.tar`];
    t.strictSame(files.toSorted(), [...all, 'SHA256SUMS'].toSorted());
    const sums = await execa('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: target });
    t.equal(sums.stdout.split('\n').length, all.length);
    const bill = JSON.parse(await readFile(join(target, sbom), 'utf8')) as {
      bomFormat: string;
      metadata: { component: { name: string; version: string } };
      components: { name: string; version: string; purl: string }[];
    };
    t.match(bill, { bomFormat: 'CycloneDX', metadata: { component: { name: 'deis', version } } });
    const lock = JSON.parse(await readFile(join(on.root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string }>;
    };
    for (const name of ['zod', 'etcd3', 'dockerode', 'fastify', '@oclif/core']) {
      const part = bill.components.find(({ purl }) =>
        purl.includes(`${name.replace('@', '%40')}@`),
      );
      t.equal(part?.version, lock.packages[`node_modules/${name}`]?.version, name);
    }
    t.notOk(
      bill.components.some(({ name }) => name === 'prettier'),
      'nothing that only tests need',
    );
  },
);

t.test(
  'the command lines, in an empty folder, by a fresh user',
  { timeout: 600_000 },
  async (t) => {
    const user = `deis-fresh-${process.pid}`;
    const home = await mkdtemp(join(tmpdir(), 'deis-fresh-'));
    await execa('useradd', ['--home-dir', home, '--shell', '/bin/sh', user]);
    t.teardown(async () => {
      await execa('userdel', [user], { reject: false });
      await rm(home, { recursive: true, force: true });
    });
    await execa('cp', [join(target, commandLine), home]);
    const nodes = new Map<number, string>([[24, process.execPath]]);
    for (const major of [20, 22]) {
      const prefix = join(home, `node-${major}`);
      const name = `node-linux-${process.arch}@${major}`;
      await execa('npm', ['install', '--no-save', '--prefix', prefix, name], { cwd: home });
      nodes.set(major, join(prefix, `node_modules/node-linux-${process.arch}/bin/node`));
    }
    await execa('mkdir', ['-p', join(home, 'bin'), join(home, 'empty')]);
    await execa('cp', [nodes.get(24)!, join(home, 'bin/node-24')]);
    nodes.set(24, join(home, 'bin/node-24'));
    await execa('chown', ['-R', user, home]);
    const as = (command: string) =>
      execa('setpriv', ['--reuid', user, '--regid', user, '--clear-groups', 'sh', '-c', command], {
        cwd: join(home, 'empty'),
        env: { HOME: home, PATH: process.env['PATH'] },
        extendEnv: false,
        reject: false,
        all: true,
      });
    const global = join(home, 'global');
    const installed = await as(`npm install -g --prefix ${global} ${home}/${commandLine}`);
    t.equal(installed.exitCode, 0, installed.all);
    for (const [major, node] of nodes) {
      const run = (words: string) => {
        const [program, ...rest] = words.split(' ');
        return as(`${node} ${global}/lib/node_modules/deis/bin/${program}.js ${rest.join(' ')}`);
      };
      const own = (await as(`${node} --version`)).stdout;
      t.match(own, `v${major}.`);
      if (major === 20) {
        for (const words of ['deis --version', 'deisctl --help']) {
          const { exitCode, stderr } = await run(words);
          t.equal(exitCode, 1);
          t.match(stderr, `needs Node 22 or newer and this is ${own}`);
        }
        continue;
      }
      t.match((await run('deis --version')).stdout, version, `Node ${major}`);
      t.match((await run('deisctl --version')).stdout, version);
      for (const program of ['deis', 'deisctl']) {
        const help = await run(`${program} --help`);
        t.equal(help.exitCode, 0, help.all);
      }
      const door = `http://deis.${on.context.domain}:${on.context.doors.http}`;
      const account = '--username admin --password "a long password for tests"';
      const login = await run(`deis login ${door} ${account}`);
      t.equal(login.exitCode, 0, login.all);
      const apps = await run('deis apps');
      t.equal(apps.exitCode, 0, apps.all);
      const files = await run(
        `deisctl ignition a=10.0.0.1 --name=n${major} --output=${home}/ign-${major}`,
      );
      t.equal(files.exitCode, 0, files.all);
      t.ok(existsSync(join(home, `ign-${major}/a.ign`)));
    }
  },
);

/** Joins a host that has the program already, and shows that it works; its time is that of the joining. */
async function becomesNode(t: Test, machine: BareMachine, name: string): Promise<void> {
  const before = await machine.sh('cat /opt/deis-versions/*/VERSION');
  const { stderr } = await on.deisctl('nodes:create', machine.ip);
  t.comment(stderr);
  t.equal(
    await machine.sh('cat /opt/deis-versions/*/VERSION'),
    before,
    'nothing was brought along',
  );
  t.match(await machine.sh('systemctl is-active deisd'), 'active');
  t.match(await machine.sh('/opt/deis/bin/deisd --version'), version);
  const count = on.context.machines.length + 1;
  await deployHello(on, 'packed', { web: count });
  await eventually(`a container on ${name}`, 30, async () => {
    const units = await appUnits(on, 'packed');
    return units.some(({ ip, active }) => ip === machine.ip && active === 'active');
  });
  await on.mustDeis('apps:destroy', '-a', 'packed', '--confirm', 'packed');
  await on.mustDeisctl('nodes:destroy', name);
}

t.test('the archive makes a node', { timeout: 900_000 }, async (t) => {
  const machine = await bareMachine(on.root, on.name, 220, on.signal);
  t.teardown(() => machine.down());
  await machine.give(join(target, archive), `/root/${archive}`);
  await machine.sh(`set -e
mkdir -p /opt/deis-versions/new
tar -xzf /root/${archive} -C /opt/deis-versions/new --no-same-owner
mv /opt/deis-versions/new /opt/deis-versions/$(cat /opt/deis-versions/new/VERSION)
rm /root/${archive}`);
  await becomesNode(t, machine, 'bare-220');
  t.match(await machine.sh('ls /opt/deis-versions'), /^[0-9a-f]{16}$/, 'what was there stays');
});

t.test('the Debian package makes a node', { timeout: 900_000 }, async (t) => {
  const machine = await bareMachine(on.root, on.name, 221, on.signal);
  t.teardown(() => machine.down());
  await machine.give(join(target, debian), `/root/${debian}`);
  t.match(await machine.sh(`dpkg -i /root/${debian} 2>&1`), /deisctl nodes create/);
  await machine.sh(`rm /root/${debian}`);
  await becomesNode(t, machine, 'bare-221');
  t.equal(await machine.sh('dpkg -V deis-node'), '', 'its files are as they were');
  await machine.sh('dpkg -r deis-node');
  t.equal(await machine.sh('ls -d /opt/deis /opt/deis-versions 2>/dev/null || true'), '');
});
