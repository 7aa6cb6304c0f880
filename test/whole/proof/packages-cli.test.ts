// The command lines as a laptop gets them: by `npm pack` in the checkout and by `npm run release`, installed by a fresh user into an empty
// folder, with each Node that people have, and against a platform that runs.

import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { clusterPaths } from '../../../src/machines/local/record.ts';
import { freshUser } from '../fresh-user.ts';
import { platform } from '../platform.ts';
import { releaseFolder } from '../released.ts';

/** What one package may take, bytes: packed, and on disk. */
const MOST_PACKED = 2e6;
const MOST_INSTALLED = 12e6;

const on = await platform();
const whole = await readFile(join(on.root, 'package.json'), 'utf8');
const { version } = JSON.parse(whole) as { version: string };
const packed = join(on.root, `deis-${version}.tgz`);
t.teardown(() => execa('rm', ['-f', packed]));
const help = join(import.meta.dirname, '../every-help.mjs');

t.test(
  'npm pack packs them, and leaves the checkout as it was',
  { timeout: 600_000 },
  async (t) => {
    await execa('npm', ['pack', '--silent'], { cwd: on.root });
    t.equal(await readFile(join(on.root, 'package.json'), 'utf8'), whole);
    const { size } = await stat(packed);
    t.ok(size < MOST_PACKED, `${(size / 1e6).toFixed(2)} MB`);
    const { stdout } = await execa('tar', ['-tzf', packed]);
    t.notMatch(
      stdout,
      /bin\/deisd|dist\/daemon|\.node$|node_modules/m,
      'no part of servers, nothing native',
    );
  },
);

t.test('each Node, an empty folder, a platform that runs', { timeout: 900_000 }, async (t) => {
  const key = join(clusterPaths(on.root, on.name).ssh, 'id_ed25519');
  const user = await freshUser([packed, help, key]);
  const { home, as } = user;
  const procfile = Object.entries(on.hello.procfile).map(([type, line]) => `${type}: ${line}\n`);
  await writeFile(join(home, 'Procfile'), procfile.join(''));
  const global = join(home, 'global');
  const flags = `-g --omit=optional --ignore-scripts --prefix ${global}`;
  const installed = await as(`npm install ${flags} ${home}/deis-${version}.tgz`);
  t.equal(installed.exitCode, 0, installed.all);
  const folder = join(global, 'lib/node_modules/deis');
  t.notOk((await readdir(folder)).includes('node_modules'), 'it needs no other package');
  const { stdout: used } = await execa('du', ['-sb', folder]);
  t.ok(Number.parseInt(used, 10) < MOST_INSTALLED, used);
  const machine = on.context.machines[0]!.ip;
  const door = `http://deis.${on.context.domain}:${on.context.doors.http}`;
  for (const [major, node] of user.nodes) {
    const run = (words: string) => {
      const [program, ...rest] = words.split(' ');
      return as(`${node} ${folder}/bin/${program}.js ${rest.join(' ')}`);
    };
    const must = async (words: string, says: RegExp | string = /(?:)/) => {
      const { exitCode, all } = await run(words);
      t.equal(exitCode, 0, `Node ${major}: ${words}`);
      if (exitCode !== 0) t.comment(all);
      t.match(all, says);
    };
    if (major === 20) {
      const { stdout: own } = await as(`${node} --version`);
      for (const words of ['deis --version', 'deisctl --help']) {
        const { exitCode, stderr } = await run(words);
        t.equal(exitCode, 1);
        t.match(stderr, `needs Node 22 or newer and this is ${own}`);
      }
      continue;
    }
    for (const system of ['linux', 'darwin']) {
      const { stdout, all } = await as(`${node} ${home}/every-help.mjs ${folder} ${system}`);
      t.match(JSON.parse(stdout || all), { silent: [] }, `help of every command, ${system}`);
    }
    await must('deis --version', version);
    // Trials by hand run this on one cluster again and again.
    const name = `fresh${major}-${process.pid}`;
    const account = `--username ${name} --password 'a long password' --email ${name}@example.com`;
    await must(`deis register ${door} ${account}`, /Registered|Logged in/);
    await must('deis logout');
    await must(`deis login ${door} --username ${name} --password 'a long password'`, /Logged in/);
    await must('deis whoami', name);
    await must(`deis create ${name} --no-remote`, name);
    await must(`deis config:set COLOUR=green -a ${name}`, /COLOUR/);
    await must(`deis config -a ${name}`, /green/);
    await must(`deis pull ${on.hello.reference} -a ${name} -p "$(cat ${home}/Procfile)"`);
    await must(`deis scale web=1 -a ${name}`);
    await must(`deis ps -a ${name}`, /web/);
    await must(`deis releases -a ${name}`, /v2/);
    await must(`deis logs -a ${name}`);
    await must(`deis run -a ${name} 'echo it is $COLOUR'`, /it is green/);
    await must(`deis destroy -a ${name} --confirm ${name}`);
    await must(`deisctl ignition a=10.0.0.1 --name=n${major} --output=${home}/n${major}`, /a\.ign/);
    await must('deisctl contexts', `n${major}`);
    const tunnel = `--tunnel=${machine} --strict-host-key-checking=false --ssh-key=${home}/id_ed25519`;
    const withKey = (words: string) => run(`deisctl ${tunnel} ${words}`);
    const listed = await withKey('list');
    t.equal(listed.exitCode, 0, listed.all);
    t.match(listed.stdout, /router@1/);
    t.match((await withKey('machines')).stdout, machine);
  }
});

t.test("the release's package is the same program", { timeout: 900_000 }, async (t) => {
  const released = join(await releaseFolder(on.root), `deis-${version}-cli.tgz`);
  const listed = async (file: string) =>
    (await execa('tar', ['-tzf', file])).stdout.split('\n').filter((name) => !/chunks/.test(name));
  t.same((await listed(released)).toSorted(), (await listed(packed)).toSorted());
});
