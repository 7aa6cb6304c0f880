// What a release has for the processor that this computer has not: every program in it is for that one, and they run, as far as an emulated
// processor shows it: Node with deisd, the add-on, nginx with our Lua, the store by its unit, the registry, what stacks and builds stand on.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { withEmulation } from '../../../src/adapters/emulation.ts';
import { writeServerFiles } from '../../../src/adapters/nginx-files.ts';
import { fileTemplates } from '../../../src/adapters/templates.ts';
import { checkoutRoot } from '../../../src/machines/checkout.ts';
import type { Processor } from '../../../src/model/processor.ts';
import { countPrograms } from '../../../src/release/programs.ts';
import { luaModules, renderServerFile } from '../../../src/router/server-file.ts';
import { readSettings } from '../../../src/router/settings.ts';
import { NO_ROUTES, selfSigned } from '../../router/nginx-bench.ts';
import { eventually } from '../platform.ts';
import { releaseFolder } from '../released.ts';

const [own, other]: [Processor, Processor] =
  process.arch === 'arm64' ? ['arm64', 'x64'] : ['x64', 'arm64'];
const NAMES = {
  x64: { debian: 'amd64', file: 'x86-64' },
  arm64: { debian: 'arm64', file: 'ARM aarch64' },
};
const MINUTES = 60_000;
t.setTimeout(20 * MINUTES);
const root = checkoutRoot();
const target = await releaseFolder(root);
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  version: string;
};
const work = await mkdtemp(join(tmpdir(), 'deis-other-'));
t.teardown(() => rm(work, { recursive: true, force: true }));
const stop = new AbortController();
t.teardown(() => stop.abort());

async function unpacked(processor: Processor): Promise<string> {
  const folder = join(work, processor);
  await mkdir(folder);
  const archive = join(target, `deis-${version}-linux-${processor}.tar.gz`);
  await execa('tar', ['-xzf', archive, '-C', folder, '--no-same-owner']);
  return folder;
}
const trees = { [own]: await unpacked(own), [other]: await unpacked(other) } as Record<
  Processor,
  string
>;

/** The root of a container of that image, with /opt/deis of a machine beside what the image has there. */
async function imageRoot(name: string): Promise<string> {
  const folder = join(work, name);
  await mkdir(folder);
  const image = join(trees[other], `images/${name}.tar`);
  const { stdout } = await execa('tar', ['-xOf', image, './manifest.json']);
  const [{ Layers }] = JSON.parse(stdout) as [{ Layers: string[] }];
  const order = 'tar -xOf "$1" "./$2" | tar -x -C "$3"';
  for (const layer of Layers) await execa('sh', ['-c', order, 'sh', image, layer, folder]);
  return folder;
}

t.test(
  'every program is for the processor that the file says',
  { timeout: 10 * MINUTES },
  async (t) => {
    for (const processor of [own, other]) {
      const against = processor === own ? other : own;
      const { all, foreign } = await countPrograms(trees[processor], processor, stop.signal);
      t.ok(all > 300, `${processor}: ${all} programs and libraries`);
      t.same(foreign, [], `none in ${processor} for ${against}`);
      const seen = await countPrograms(trees[processor], against, stop.signal);
      t.equal(seen.foreign.length, all, 'and asked for the other way round, none is right');
      const programs = ['bin/node', 'bin/etcd', 'bin/etcdctl', 'dist/journal_send.node'];
      const { stdout } = await execa('file', programs, { cwd: trees[processor] });
      const kinds = stdout.split('\n').map((line) => line.split(', ')[1]);
      t.same(kinds, Array(programs.length).fill(NAMES[processor].file), stdout);
    }
  },
);

t.test('the Debian package says so, and has the same tree', { timeout: 5 * MINUTES }, async (t) => {
  const { debian } = NAMES[other];
  const file = join(target, `deis-node_${version}_${debian}.deb`);
  const { stdout } = await execa('dpkg-deb', ['-f', file, 'Package', 'Version', 'Architecture']);
  t.equal(stdout, `Package: deis-node\nVersion: ${version}\nArchitecture: ${debian}`);
  await execa('dpkg-deb', ['-x', file, join(work, 'deb')]);
  const tree = (await readFile(join(trees[other], 'VERSION'), 'utf8')).trim();
  const installed = join(work, 'deb/opt/deis-versions', tree);
  await execa('diff', ['-r', '--no-dereference', trees[other], installed]);
});

t.test('they run', { timeout: 15 * MINUTES }, async (t) => {
  const at = await imageRoot('platform');
  await execa('cp', ['-a', `${trees[other]}/.`, join(at, 'opt/deis')]);
  const inRoot = (...words: string[]) =>
    execa('chroot', [at, ...words], { reject: false, all: true });
  const must = async (says: RegExp | string, ...words: string[]) => {
    const { exitCode, all } = await inRoot(...words);
    t.equal(exitCode, 0, words.join(' '));
    t.match(all, says);
  };
  const checks = async (): Promise<void> => {
    await must(`${other} v24.`, '/opt/deis/bin/node', '-p', '`${process.arch} ${process.version}`');
    await must(`deisd ${version}`, '/opt/deis/bin/deisd', '--version');
    await must(/router/, '/opt/deis/bin/deisd', '--help');
    const send = `require('/opt/deis/dist/journal_send.node').send('MESSAGE=hello', 'PRIORITY=6')`;
    await must(/(?:)/, '/opt/deis/bin/node', '-e', send);
    await must(/distribution 2\./, '/usr/bin/docker-registry', '--version');
    await must(/git version/, '/usr/bin/git', '--version');
    await nginxTakes(at, must);
    await storeStarts(at);
    const stack = await imageRoot('stack');
    const says = await execa('chroot', [
      stack,
      'sh',
      '-ec',
      'jq --version; curl --version; make -v; id slug',
    ]);
    t.match(says.stdout, /jq-[^]*curl [^]*GNU Make[^]*slug/);
    const node = await imageRoot('node');
    const shell = await execa('chroot', [
      node,
      '/bin/sh',
      '-ec',
      '/opt/deis/bin/node -p process.arch; ls -l /bin/ls',
    ]);
    t.match(shell.stdout, new RegExp(`^${other}\n.*busybox`));
  };
  await withEmulation(other, checks, stop.signal);
});

/** The router's file, and its modules, as nginx with LuaJIT for that processor reads them. */
async function nginxTakes(
  at: string,
  must: (says: RegExp, ...words: string[]) => Promise<void>,
): Promise<void> {
  const layoutBelow = (prefix: string) => ({
    prefix,
    control: `${prefix}/private/control.sock`,
    lua: `${prefix}/lua`,
    routes: `${prefix}/routes`,
    assets: `${prefix}/private`,
    pid: `${prefix}/nginx.pid`,
    accessLog: `${prefix}/access.log`,
    errorLog: `${prefix}/error.log`,
  });
  await writeServerFiles(layoutBelow(join(at, 'router')), luaModules(fileTemplates), NO_ROUTES);
  const needs = {
    templates: fileTemplates,
    layout: layoutBelow('/router'),
    listen: { http: '127.0.0.1:80', https: '127.0.0.1:443', health: '127.0.0.1:9090' },
    machine: '0123456789abcdef',
    life: () => 'life',
    processors: 2,
    fallback: await selfSigned('fallback.invalid'),
  };
  const file = renderServerFile(needs, { values: readSettings({}).values, gates: true });
  for (const [name, text] of Object.entries(file.assets)) {
    await writeFile(join(at, 'router/private', name), text);
  }
  await writeFile(join(at, 'router/nginx.conf'), file.text);
  await must(/test is successful/, 'nginx', '-t', '-p', '/router', '-c', '/router/nginx.conf');
}

/** With what its unit says, and only with that (etcd 3.4 knows which processors it was tried on). */
async function storeStarts(at: string): Promise<void> {
  const unit = await readFile(join(trees[other], 'templates/etcd/etcd.service.hbs'), 'utf8');
  const env = Object.fromEntries(
    [...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]),
  );
  const url = 'http://127.0.0.1:23799';
  const words = [
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    '--data-dir=/store',
  ];
  const peers = ['--listen-peer-urls=http://127.0.0.1:23798'];
  const order = [at, '/opt/deis/bin/etcd', ...words, ...peers];
  const member = spawn('chroot', order, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: 'ignore',
  });
  const gone = once(member, 'exit');
  try {
    const asked = { env: { ETCDCTL_API: '3' }, reject: false };
    const etcdctl = (...rest: string[]) =>
      execa('chroot', [at, '/opt/deis/bin/etcdctl', `--endpoints=${url}`, ...rest], asked);
    await eventually('the store takes a key', 120, async () => {
      return (await etcdctl('put', 'some', 'value')).stdout === 'OK';
    });
    t.equal((await etcdctl('get', 'some', '--print-value-only')).stdout, 'value');
  } finally {
    member.kill('SIGKILL');
    await gone;
  }
}
