// `git push deis master` with git and OpenSSH as they come: to a live release, or to a clear end with everything as it was.

import { truncate } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { eventually, platform } from './platform.ts';
import { newPusher, type RunningPush } from './pusher.ts';

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
const WAITING = 'echo building-now && sleep 600';

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

void t.test('200 MB are refused', async (t) => {
  const before = await standing();
  const large = join(directory, 'large');
  await execa('dd', ['if=/dev/urandom', `of=${large}`, 'bs=1M', 'count=200', 'status=none']);
  await ann.commit(directory, {});
  const { code, stderr } = await push();
  t.not(code, 0);
  t.match(stderr, /pack exceeds maximum allowed size/);
  await truncate(large, 0);
  await ann.git(directory, 'reset', '-q', '--hard', 'HEAD~1');
  t.strictSame(await standing(), before);
});

/** A push whose build is known to run. */
async function pushing(): Promise<RunningPush> {
  await ann.commit(directory, server('never', `${WAITING} # ${Math.random()}`));
  const child = ann.startPush(directory);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  child.onOutput((text) => {
    said += text;
    // The step's own line has more words before and after it.
    if (/^remote: \S*building-now\s*$/m.test(said)) resolve();
  });
  void child.ended.then(() => reject(new Error(`the push ended: ${said}`)));
  await promise;
  return child;
}

void t.test('a second push meanwhile, and a client that is killed', async (t) => {
  const before = await standing();
  const first = await pushing();
  const second = await push();
  t.match(second, { code: 128, stderr: /Another git push to .* is ongoing/ });
  process.kill(-first.pid, 'SIGKILL');
  await first.ended;
  await ann.commit(directory, server('three'));
  const next = await eventually('a push', 30, async () => {
    const ended = await push();
    return ended.code === 0 && ended;
  });
  t.equal(next.code, 0);
  t.equal(before.body, 'two');
  t.equal(await body(), 'three');
});

void t.test('a builder that is killed', async (t) => {
  const before = await standing();
  const child = await pushing();
  for (const { name } of on.context.machines) {
    await on.exec(name, 'docker kill $(docker ps -q --filter name=^deis-builder)');
  }
  const { code, said } = await child.ended;
  t.not(code, 0, said);
  t.strictSame(
    await eventually('the builder', 60, async () => {
      const now = await standing();
      return now.tip !== '' && now;
    }),
    before,
  );
  await ann.commit(directory, server('four'));
  t.equal((await push()).code, 0, 'the next push');
  t.equal(await body(), 'four');
});

void t.test('five apps at once', async (t) => {
  const words = ['a', 'b', 'c', 'd', 'e'];
  const ended = await Promise.all(
    words.map(async (word) => {
      const own = await ann.repository(server(`app ${word}`));
      await ann.create(own, `${app}-${word}`);
      return push(own);
    }),
  );
  for (const { code, stderr } of ended) t.equal(code, 0, stderr);
  for (const word of words) t.equal(await body(`${app}-${word}`), `app ${word}`);
});

t.teardown(async () => {
  for (const name of [app, ...['a', 'b', 'c', 'd', 'e'].map((word) => `${app}-${word}`)]) {
    await on.deis('apps:destroy', '-a', name, '--confirm', name);
  }
});
