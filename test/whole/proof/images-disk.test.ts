// A machine's disk that others have filled to 85 %: the platform removes only its own, and goes on deploying.

import { randomBytes } from 'node:crypto';
import t from 'tap';
import { dockerfileApp } from '../apps-to-push.ts';
import { type Machine, PAGES, imageHands } from '../hand-made-images.ts';
import { appUnits, eventually, platform } from '../platform.ts';
import { newPusher } from '../pusher.ts';

const on = await platform();
const images = await imageHands(on);
const [, , third] = on.context.machines as unknown as [Machine, Machine, Machine];
const QUICK = { garbageGrace: '10', garbageEvery: '2', keepReleases: '1' };
const run = randomBytes(3).toString('hex');
const app = `squeezed-${run}`;

const figures = async () => {
  const out = await on.sh(third.name, 'df -B1 --output=size,used,avail /var/lib/docker | tail -1');
  const [size = 0, used = 0, free = 0] = out.trim().split(/\s+/).map(Number);
  return { size, used, free };
};

t.teardown(async () => {
  await on.sh(third.name, 'rm -f /var/lib/docker/somebodys.file; docker rm -f guest');
  await on.deisctl('config', 'platform', 'rm', ...Object.keys(QUICK));
  await on.deis('apps:destroy', `--app=${app}`, `--confirm=${app}`);
});

t.test('only what is the platform’s own goes', async (t) => {
  await images.make(third, 'stranger:1', 5);
  await images.make(third, '127.0.0.1:5555/ours:1', 5);
  await on.sh(
    third.name,
    'docker push -q 127.0.0.1:5555/ours:1; docker run -d --name guest stranger:1 /bin/busybox sleep 100000',
  );
  const { size, used } = await figures();
  const bytes = Math.floor(size * 0.85 - used);
  await on.sh(third.name, `fallocate -l ${bytes} /var/lib/docker/somebodys.file`);
  const words = Object.entries(QUICK).map(([name, value]) => `${name}=${value}`);
  await on.mustDeisctl('config', 'platform', 'set', ...words);
  await eventually('ours went', 60, async () => {
    const here = await on.sh(third.name, 'docker images -q 127.0.0.1:5555/ours');
    return here.trim() === '';
  });
  const theirs = await on.sh(
    third.name,
    'docker images -q stranger; docker ps -q -f name=guest; ls /var/lib/docker/somebodys.file',
  );
  t.equal(theirs.trim().split('\n').length, 3, 'theirs stays');
  const row = (await images.disk()).find(({ machine }) => machine === third.name);
  t.match(row?.problem, /% full, and nothing more/);
});

t.test('it goes on deploying there', async (t) => {
  const ann = await newPusher(on, `disk-${run}`);
  const directory = await ann.repository(dockerfileApp('one'));
  await ann.create(directory, app);
  const { code, stderr } = await ann.git(directory, 'push', 'deis', 'master');
  t.equal(code, 0, stderr);
  await on.mustDeis('ps:scale', 'cmd=3', '-a', app);
  t.ok(
    (await appUnits(on, app)).some(({ ip }) => ip === third.ip),
    'a container is on it',
  );
  t.equal((await on.get(app)).body, 'one');
  // What went from the disk can be had again.
  const again = `again-${run}`;
  await on.mustDeis('apps:create', again, '--no-remote');
  t.teardown(() => on.deis('apps:destroy', `--app=${again}`, `--confirm=${again}`));
  await on.mustDeis('builds:create', 'ours:1', '-a', again, '-p', PAGES);
  t.equal((await on.get(again)).status, 200);
});

t.test('a disk with no room at all refuses with the reason', async (t) => {
  const { free } = await figures();
  const most = free - 40 * 1024 * 1024;
  await on.sh(third.name, `fallocate -l ${most} /var/lib/docker/somebodys.other`);
  t.teardown(() => on.sh(third.name, 'rm -f /var/lib/docker/somebodys.other'));
  const rows = await eventually('it is said', 60, async () => {
    const all = await images.disk();
    const row = all.find(({ machine }) => machine === third.name);
    return row?.problem !== undefined && all;
  });
  t.match(rows.find(({ machine }) => machine === third.name)?.problem, /full/);
  const change = await on.deis('config:set', 'WORD=two', '-a', app);
  t.comment(`a change then ends with ${change.code}: ${change.stderr.trim().slice(0, 300)}`);
  if (change.code !== 0) t.match(change.stderr, /disk|space|room|full/i, 'or says why not');
  t.equal((await on.get(app)).status, 200);
});
