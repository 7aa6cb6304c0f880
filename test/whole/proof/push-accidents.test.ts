// Accidents of pushes: too much, two at once, a killed client, a killed builder. Each has a clear end; the next push works.

import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { dockerfileApp } from '../apps-to-push.ts';
import { eventually, platform } from '../platform.ts';
import { appToPush } from '../pushed-app.ts';
import type { RunningPush } from '../pusher.ts';

const on = await platform();
const { ann, app, directory, push, body, standing } = await appToPush(on, 'fall');

const WAITING = 'echo building-now && sleep 600';

void t.test('the first release', async (t) => {
  const { code, stderr } = await push();
  t.equal(code, 0, stderr);
  t.equal(await body(), 'one');
});

void t.test('200 MB are refused', async (t) => {
  const before = await standing();
  // Random bytes cannot be made smaller; trying takes the client half a minute.
  await ann.git(directory, 'config', 'core.compression', '0');
  const large = join(directory, 'large');
  await execa('dd', ['if=/dev/urandom', `of=${large}`, 'bs=1M', 'count=200', 'status=none']);
  await ann.commit(directory, {});
  const { code, stderr } = await push();
  t.not(code, 0);
  t.match(stderr, /This push is larger than 128 MB, the most that may be sent at once/);
  t.match(stderr, /pack exceeds maximum allowed size/);
  await truncate(large, 0);
  await ann.git(directory, 'reset', '-q', '--hard', 'HEAD~1');
  t.strictSame(await standing(), before);
});

/** A push whose build is known to run. */
async function pushing(): Promise<RunningPush> {
  await ann.commit(directory, dockerfileApp('never', `${WAITING} # ${Math.random()}`));
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
  await ann.commit(directory, dockerfileApp('three'));
  const next = await eventually('a push', 30, async () => {
    const ended = await push();
    return ended.code === 0 && ended;
  });
  t.equal(next.code, 0);
  t.equal(before.body, 'one');
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
  await ann.commit(directory, dockerfileApp('four'));
  t.equal((await push()).code, 0, 'the next push');
  t.equal(await body(), 'four');
});

void t.test('five apps at once', async (t) => {
  const words = ['a', 'b', 'c', 'd', 'e'];
  t.teardown(async () => {
    for (const name of words.map((word) => `${app}-${word}`)) {
      await on.deis('apps:destroy', '-a', name, '--confirm', name);
    }
  });
  const ended = await Promise.all(
    words.map(async (word) => {
      const own = await ann.repository(dockerfileApp(`app ${word}`));
      await ann.create(own, `${app}-${word}`);
      return push(own);
    }),
  );
  for (const { code, stderr } of ended) t.equal(code, 0, stderr);
  for (const word of words) t.equal(await body(`${app}-${word}`), `app ${word}`);
});
