// How a machine that configures itself gets its program: the script runs as it is, over an /opt of its own and a systemctl that writes
// down what it was told. Archives are cut off, wrong, older and newer; the script is killed half way and started again.

import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { renderTemplate } from '../../src/adapters/templates.ts';

const OLD = '00000000000000aa';
const NEW = '00000000000000bb';
/** Every unit counts as enabled once it was; `enable` kills whoever says it while the file `deadly` is there. */
const SYSTEMCTL = `#!/bin/bash
echo "$*" >> "$AT/told"
case $1 in
  enable) [ ! -e "$AT/deadly" ] || kill -9 $PPID;;
  --quiet) grep -q "^enable .*$3" "$AT/told";;
esac
`;

interface Machine {
  /** Runs the script; what it printed and its exit code. */
  install(env?: Record<string, string>): Promise<{ exitCode: number | undefined; all: string }>;
  /** Text of a file below /opt, or '' where there is none. */
  opt(path: string): Promise<string>;
  told(): Promise<string>;
  at: (name: string) => string;
}

async function machine(t: Test): Promise<Machine> {
  const folder = t.testdir({ opt: {}, bin: { systemctl: SYSTEMCTL }, told: '' });
  const at = (name: string): string => join(folder, name);
  await chmod(at('bin/systemctl'), 0o755);
  await writeFile(at('install'), renderTemplate('ignition/install.sh', {}));
  const script = 'mount --bind "$AT/opt" /opt && exec /bin/bash "$AT/install"';
  return {
    at,
    install: async (env = {}) => {
      const { exitCode, all } = await execa('unshare', ['--mount', '/bin/sh', '-c', script], {
        env: {
          AT: folder,
          PATH: `${at('bin')}:${process.env['PATH']}`,
          DEIS_RELEASE_FILE: at('release.tar.gz'),
          ...env,
        },
        all: true,
        reject: false,
      });
      return { exitCode, all };
    },
    opt: (path) =>
      execa(
        'unshare',
        ['--mount', '/bin/sh', '-c', `mount --bind "$AT/opt" /opt && cat /opt/${path}`],
        {
          env: { AT: folder },
          reject: false,
        },
      ).then(({ stdout }) => stdout),
    told: () => readFile(at('told'), 'utf8'),
  };
}

/** A release of 200 kB or so. */
async function release(machine: Machine, version: string): Promise<Buffer> {
  const staged = machine.at(`release-${version}`);
  await mkdir(join(staged, 'bin'), { recursive: true });
  await writeFile(join(staged, 'VERSION'), `${version}\n`);
  await writeFile(join(staged, 'bin/deisd'), `#!/bin/sh\n`, { mode: 0o755 });
  await writeFile(join(staged, 'ballast'), createHash('sha512').update(version).digest('hex'));
  const path = machine.at(`${version}.tar.gz`);
  await execa('tar', ['-czf', path, '-C', staged, '.']);
  return readFile(path);
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

if (process.platform !== 'linux' || process.getuid?.() !== 0) t.plan(0, 'needs root on Linux');
else {
  void t.test('it waits, takes no broken archive, and never half of one', async (t) => {
    const one = await machine(t);
    const put = (bytes: Buffer | string) => writeFile(one.at('release.tar.gz'), bytes);
    const refused = async (why: RegExp, env?: Record<string, string>) => {
      const { exitCode, all } = await one.install(env);
      t.not(exitCode, 0);
      t.match(all, why);
      t.equal((await execa('ls', ['-A', one.at('opt')])).stdout.replace('deis-versions', ''), '');
    };
    await refused(/waiting for .*release\.tar\.gz/);
    const whole = await release(one, NEW);
    await put(whole.subarray(0, whole.length / 2));
    await refused(/unexpected end of file|not in gzip|Unexpected EOF/i);
    await refused(/not yet, the release that was expected/, { DEIS_RELEASE_SHA256: sha256(whole) });
    t.equal(
      (await readFile(one.at('release.tar.gz'))).length,
      Math.floor(whole.length / 2),
      'still there',
    );
    await execa('tar', ['-czf', one.at('release.tar.gz'), '-C', one.at('bin'), '.']);
    await refused(/VERSION/);
    t.equal(await one.told(), '', 'nothing was started');
    await put(whole);
    const { exitCode, all } = await one.install({ DEIS_RELEASE_SHA256: sha256(whole) });
    t.equal(exitCode, 0, all);
    t.equal(await one.opt('deis/VERSION'), NEW);
    t.match(
      await one.told(),
      /enable deisd\.service deis-drain\.service\n.*start --no-block deisd/s,
    );
    t.equal(await readFile(one.at('release.tar.gz'), 'utf8').catch(() => 'gone'), 'gone');
  });

  void t.test(
    'killed half way, it goes on where it was; a boot later changes nothing',
    async (t) => {
      const one = await machine(t);
      await writeFile(one.at('release.tar.gz'), await release(one, NEW));
      await writeFile(one.at('deadly'), '');
      t.not((await one.install()).exitCode, 0);
      t.equal(await one.opt('deis/VERSION'), '', 'not in place yet');
      await execa('rm', [one.at('deadly')]);
      t.equal((await one.install()).exitCode, 0);
      t.equal(await one.opt('deis/VERSION'), NEW);
      const before = await one.told();
      const again = await one.install();
      t.equal(again.exitCode, 0, again.all);
      const since = (await one.told()).slice(before.length);
      t.match(since, /start --no-block deisd\.service/);
      t.notMatch(since, /^(enable|try-restart)/m);
    },
  );

  void t.test('an older version stays beside the newer one, which is started', async (t) => {
    const one = await machine(t);
    for (const version of [OLD, NEW]) {
      await writeFile(one.at('release.tar.gz'), await release(one, version));
      const { exitCode, all } = await one.install();
      t.equal(exitCode, 0, all);
      t.equal(await one.opt('deis/VERSION'), version);
    }
    t.match(await one.told(), /try-restart --no-block deisd\.service/);
    t.equal((await one.told()).match(/^enable /gm)?.length, 1, 'enabled once');
    t.equal(await one.opt(`deis-versions/${OLD}/VERSION`), OLD);
  });
}
