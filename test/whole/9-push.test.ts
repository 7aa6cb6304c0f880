// `git push deis master` with git and OpenSSH as they come: to a live release, or to a clear end with everything as it was.

import { randomBytes } from 'node:crypto';
import t from 'tap';
import { platform } from './platform.ts';
import { newPusher } from './pusher.ts';

const on = await platform();
const run = randomBytes(3).toString('hex');
const ann = await newPusher(on, `ann-${run}`);
const app = `push-${run}`;

/** A server that says a word; its build can be made to wait or to fail. */
const server = (word: string, step = 'true') => ({
  Dockerfile: `FROM deis/node
COPY server.mjs /app/server.mjs
RUN ${step}
EXPOSE 5000
CMD ["node", "/app/server.mjs"]
`,
  'server.mjs': `import { createServer } from 'node:http';
createServer((_, answer) => answer.end('${word}')).listen(process.env.PORT ?? 5000);
process.on('SIGTERM', () => process.exit(0));
`,
});

const directory = await ann.repository(server('one'));
await ann.create(directory, app);

const push = (where = directory) => ann.git(where, 'push', '-f', 'deis', 'master');
const body = async (of = app) => (await on.get(of)).body;
const tip = async () => (await ann.git(directory, 'ls-remote', 'deis', 'refs/heads/master')).stdout;
const release = async () => (await on.api(`/v2/apps/${app}`)).body.match(/"release":(\d+)/)?.[1];

/** What must be the same after a push that came to nothing. */
const standing = async () => ({ body: await body(), tip: await tip(), release: await release() });

void t.test('from git init to an answer', async (t) => {
  const { code, stderr } = await push();
  t.equal(code, 0, stderr);
  t.match(stderr, new RegExp(`done, ${app}:v2 deployed to Deis`));
  t.match(stderr, new RegExp(`http://${app}\\.${on.context.domain}`));
  t.equal(await body(), 'one');
  await ann.commit(directory, server('two'));
  const again = await push();
  t.equal(again.code, 0, again.stderr);
  t.equal(await body(), 'two');
  const logs = await ann.deis(directory, 'builds:logs', '-a', app);
  t.match(logs.stdout, /-----> Launching\.\.\.[^]*v3 deployed to Deis/);
  const info = await ann.deis(directory, 'builds:info', '-a', app);
  t.match(info.stdout, /kind: +dockerfile[^]*releases: +v3/);
});

void t.test('a failing build and a bad Procfile change nothing', async (t) => {
  const before = await standing();
  await ann.commit(directory, server('bad', 'echo the reason && exit 3'));
  const failing = await push();
  t.equal(failing.code, 1);
  t.match(failing.stderr, /the reason[^]* !  [^]*pre-receive hook declined/);
  t.strictSame(await standing(), before);
  await ann.commit(directory, { ...server('bad'), Procfile: 'web: one\nweb: two\n' });
  const procfile = await push();
  t.match(procfile, { code: 1, stderr: /Procfile[^]*2/ });
  t.strictSame(await standing(), before);
  await ann.git(directory, 'reset', '-q', '--hard', 'HEAD~2');
});

void t.test('strangers, and apps of others', async (t) => {
  const eve = await newPusher(on, `eve-${run}`);
  const own = await eve.repository(server('mine'));
  const url = (await ann.git(directory, 'remote', 'get-url', 'deis')).stdout;
  await eve.git(own, 'remote', 'add', 'deis', url);
  const other = await eve.git(own, 'push', 'deis', 'master');
  t.match(other, { code: 128, stderr: new RegExp(`remote error: You may not use ${app}\\.`) });
  t.match(await eve.git(own, 'ls-remote', 'deis'), { code: 128, stdout: '' });
  const keys = await eve.deis(own, 'keys:list', '--json');
  const { id } = (JSON.parse(keys.stdout) as { id: string }[])[0]!;
  await eve.deis(own, 'keys:remove', id);
  t.match(await eve.git(own, 'push', 'deis', 'master'), { code: 128, stderr: /Permission denied/ });
});

t.teardown(async () => {
  await on.deis('apps:destroy', '-a', app, '--confirm', app);
});
