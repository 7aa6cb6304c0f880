// Apps as people have them, pushed with git and OpenSSH as they come: each ends as users of Heroku and Deis expect.

import { randomBytes } from 'node:crypto';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { staticApp } from '../apps-to-push.ts';
import { eventually, platform } from '../platform.ts';
import { newPusher } from '../pusher.ts';
import { OUTSIDE, terminal } from '../terminal.ts';

const on = await platform();
const run = randomBytes(3).toString('hex');
const dan = await newPusher(on, `dan-${run}`);

/** Creates the app, pushes it, and answers what the push said. */
async function pushed(app: string, files: Record<string, string>, ...refs: string[]) {
  const directory = await dan.repository(files);
  t.teardown(() => on.deis('apps:destroy', '-a', app, '--confirm', app));
  await dan.create(directory, app);
  const { code, stderr } = await dan.git(directory, 'push', 'deis', ...refs);
  return { directory, code, said: stderr };
}

const answer = (app: string) =>
  eventually('an answer', 20, async () => (await on.get(app)).body || undefined);

void t.test('a Node app of 2016: engines, a start script, no Procfile, no lock file', async (t) => {
  const app = `old-${run}`;
  const files = {
    'package.json': JSON.stringify({
      name: 'node-js-sample',
      version: '0.2.0',
      scripts: { start: 'node index.js' },
      dependencies: { ms: '0.7.1' },
      engines: { node: '4.x' },
    }),
    'index.js': `var ms = require('ms');
require('http').createServer(function (q, a) { a.end(process.version + ' ' + ms('1h')); }).listen(process.env.PORT);`,
  };
  const { code, said } = await pushed(app, files, 'master');
  t.equal(code, 0, said);
  t.match(said, /Node v4\.\d+\.\d+, npm [2-5]\./);
  t.match(await answer(app), /^v4\.\d+\.\d+ 3600000$/);
});

void t.test('a Dockerfile with an entry point and no EXPOSE; one with several ports', async (t) => {
  const server = `require('http').createServer((q, a) => a.end(process.argv[2])).listen(process.env.PORT);`;
  const dockerfile = (more: string) =>
    `FROM deis/node\nCOPY . /app\n${more}ENTRYPOINT ["node", "/app/web.js"]\nCMD ["from CMD"]\n`;
  for (const [name, more] of [
    ['none', ''],
    ['many', 'EXPOSE 5000\nEXPOSE 9000\n'],
  ] as const) {
    const app = `${name}-${run}`;
    const files = { Dockerfile: dockerfile(more), 'web.js': server };
    const { code, said } = await pushed(app, files, 'master');
    t.equal(code, 0, said);
    t.equal(await answer(app), 'from CMD');
  }
});

void t.test('workers wait to be scaled; links and parts left behind are told', async (t) => {
  const app = `work-${run}`;
  const files = {
    Procfile: 'web: exec busybox httpd -f -p $PORT\nworker: exec sleep 1000\n',
    'index.html': 'with a worker',
    '.gitmodules': '[submodule "lib"]\n\tpath = vendor/lib\n\turl = https://example.com/lib\n',
    '.gitattributes': '*.bin filter=lfs -text\n',
  };
  const directory = await dan.repository(files);
  t.teardown(() => on.deis('apps:destroy', '-a', app, '--confirm', app));
  await symlink('index.html', join(directory, 'link.html'));
  await dan.git(directory, 'config', 'filter.lfs.clean', 'cat');
  await dan.commit(directory, {
    'large.bin': 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n',
  });
  await dan.create(directory, app);
  const { code, stderr } = await dan.git(directory, 'push', 'deis', 'master');
  t.equal(code, 0, stderr);
  t.match(stderr, 'vendor/lib is a Git submodule');
  t.match(stderr, 'large.bin is a pointer of Git LFS');
  t.match(stderr, 'Procfile declares types -> web, worker');
  t.equal(await answer(app), 'with a worker');
  t.equal((await on.get(app, '/link.html')).body, 'with a worker');
  const before = await on.mustDeis('ps:list', '-a', app);
  t.notMatch(before, /worker\.1/);
  await on.mustDeis('ps:scale', 'worker=1', '-a', app);

  const home = join(on.root, '.deis', 'clusters', on.name, 'home');
  const { types, presses, shows } = await terminal(t, home);
  await types(`${join(on.root, 'bin', 'deis')} run -t -a ${app} bash`);
  await shows(/[$#]\s*$/);
  // Line editing, job control and completion are bash's own: they need a real terminal.
  await types('sleep 1000 & jobs');
  await shows(/\[1\]\+ +Running +sleep 1000/);
  await types('fg');
  await shows(/fg\s+sleep 1000\s*$/);
  await presses('C-c');
  await types('echo $DEIS_APP in $BASH_VERSION $?');
  await shows(new RegExp(`^${app} in 5\\.[^ ]+ 130$`, 'm'));
  await types('exit 6');
  await shows(OUTSIDE);
  await types('echo ended with $?');
  await shows(/^ended with 6$/m);
});

void t.test(
  'refs: nothing, a directory, a branch, two at once, a tag, by force, deleted',
  async (t) => {
    const app = `refs-${run}`;
    const directory = await dan.repository(staticApp('top'));
    t.teardown(() => on.deis('apps:destroy', '-a', app, '--confirm', app));
    await dan.create(directory, app);
    const git = (...args: string[]) => dan.git(directory, ...args);
    const nothing = await git('push', 'deis', 'absent');
    t.match(nothing, { code: 1, stderr: /src refspec absent does not match any/ });
    await dan.commit(directory, { 'sub/index.html': 'from below' });
    await git('branch', 'below', (await git('subtree', 'split', '-P', 'sub')).stdout || 'HEAD');
    const below = await git('push', 'deis', 'below:master');
    t.equal(below.code, 0, below.stderr);
    t.equal(await answer(app), 'from below');
    const forward = await git('push', 'deis', 'master');
    t.match(forward, { code: 1, stderr: /non-fast-forward|fetch first/ });
    const forced = await git('push', '-f', 'deis', 'master');
    t.equal(forced.code, 0, forced.stderr);
    t.equal(await answer(app), 'top');
    await git('branch', 'one', 'below');
    await git('branch', 'two', 'below');
    const two = await git('push', 'deis', 'one', 'two');
    t.match(two, { code: 1, stderr: /Only one branch at a time becomes a release/ });
    t.equal(await answer(app), 'top');
    const branch = await git('push', 'deis', 'one');
    t.equal(branch.code, 0, branch.stderr);
    t.equal(await answer(app), 'from below');
    await git('tag', '-a', '-m', 'a tag', 'v1.0', 'master');
    const tag = await git('push', 'deis', 'v1.0');
    t.equal(tag.code, 0, tag.stderr);
    t.equal(await answer(app), 'top');
    const deleted = await git('push', 'deis', ':one');
    t.equal(deleted.code, 0, deleted.stderr);
    t.notMatch(deleted.stderr, 'Launching');
    t.equal(await answer(app), 'top');
  },
);
