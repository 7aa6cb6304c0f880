// Pushes with the clients that people have – git and OpenSSH – to a builder whose builds and controllers are doubles.

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import t from 'tap';
import { sweepGone } from '../../src/builder/sweep.ts';
import { DeisError } from '../../src/model/errors.ts';
import { keys } from '../../src/registry/keys.ts';
import { put, remove } from '../../src/registry/registry.ts';
import { pretendPlatform } from './pretend-platform.ts';

const on = await pretendPlatform();
t.teardown(() => on.stop());
const signal = AbortSignal.timeout(120_000);
t.setTimeout(120_000);
const ann = await on.newKey('ann');
const usual = { build: on.onBuild, release: on.onRelease };
t.beforeEach(() => {
  on.onBuild = usual.build;
  on.onRelease = usual.release;
  on.released.length = 0;
});

const push = (repository: string, ...args: string[]) =>
  on.git(repository, ann, 'push', 'deis', ...(args.length > 0 ? args : ['master']));

/** Where the branches of an app stand, as the next pusher sees it. */
async function remoteRefs(repository: string): Promise<string> {
  const { code, said } = await on.git(repository, ann, 'ls-remote', 'deis');
  if (code !== 0) throw new Error(said);
  return said;
}

async function logs(app: string): Promise<{ outcome: string; text: string }[]> {
  const { items } = await on.registry.list(keys.buildLogs, [`uuid-${app}`], signal);
  return items.map(({ value }) => ({
    outcome: value.outcome,
    text: gunzipSync(Buffer.from(value.text, 'base64')).toString(),
  }));
}

void t.test('ping, and nothing else without git', async (t) => {
  t.strictSame(await on.ssh(ann, 'ping'), { code: 0, said: 'pong' });
  const other = await on.ssh(ann, 'cat /etc/passwd');
  t.match(other, { code: 1, said: /"cat" cannot be run here/ });
  t.match(await on.ssh(ann), { code: 255, said: /shell request failed/ });
  t.match(await on.ssh(ann, '-tt', 'ping'), { said: /PTY allocation request failed/ });
});

void t.test('every usual kind of key may push', async (t) => {
  const kinds = [
    ['-t', 'ecdsa', '-b', '256'],
    ['-t', 'ecdsa', '-b', '384'],
    ['-t', 'ecdsa', '-b', '521'],
    ['-t', 'rsa', '-b', '2048'],
  ];
  for (const kind of kinds) {
    const key = await on.newKey('ann', kind);
    t.strictSame(await on.ssh(key, 'ping'), { code: 0, said: 'pong' }, kind.join(' '));
  }
});

void t.test('RSA with SHA-1 is refused', async (t) => {
  const key = await on.newKey('ann', ['-t', 'rsa', '-b', '2048']);
  const { code } = await on.ssh(key, '-o', 'PubkeyAcceptedAlgorithms=ssh-rsa', 'ping');
  t.equal(code, 255);
});

void t.test('from a commit to a release', async (t) => {
  const repository = await on.repository('blog');
  const { code, said } = await push(repository);
  t.equal(code, 0, said);
  t.match(said, /-----> Launching\.\.\./);
  t.match(said, /done, blog:v2 deployed to Deis/);
  t.match(said, /http:\/\/blog\.example\.com/);
  const sha = (await execa('git', ['rev-parse', 'HEAD'], { cwd: repository })).stdout;
  t.match(on.released, [
    { user: 'ann', app: 'blog', sha: sha.slice(0, 8), procfile: { web: 'run' } },
  ]);
  t.equal(await remoteRefs(repository), `${sha}\trefs/heads/master`.replace(/^/, `${sha}\tHEAD\n`));
  const [log] = await logs('blog');
  t.match(log, { outcome: 'released', text: /^-----> Launching/ });
  t.match((await push(repository)).said, /Everything up-to-date/);
  t.equal(on.released.length, 1);
});

void t.test(
  'the build gets the files of the commit, the config and a cache that stays',
  async (t) => {
    const repository = await on.repository('shop', { Procfile: 'web: run\n', 'lib/a.txt': 'one' });
    const seen: string[][] = [];
    on.onBuild = async (input, show, given) => {
      t.strictSame(input.values, { SECRET: 'x' });
      seen.push((await readdir(input.cache)).toSorted());
      await writeFile(join(input.cache, 'kept'), '');
      t.strictSame((await readdir(input.tree, { recursive: true })).toSorted(), [
        'Procfile',
        'lib',
        'lib/a.txt',
      ]);
      return usual.build(input, show, given);
    };
    t.equal((await push(repository)).code, 0);
    await on.commit(repository, { 'lib/a.txt': 'two' });
    t.equal((await push(repository)).code, 0);
    t.strictSame(seen, [[], ['kept']]);
    t.strictSame(await readdir(join(on.state, 'work')), [], 'nothing of the tree is left');
  },
);

void t.test('strangers, and apps of others', async (t) => {
  const repository = await on.repository('blog');
  const stranger = await on.newKey(undefined);
  const nobody = await on.git(repository, stranger, 'push', 'deis', 'master');
  t.match(nobody, { code: 128, said: /Permission denied \(publickey\)/ });
  for (const verb of [
    ['push', 'deis', 'master'],
    ['fetch', 'deis'],
  ]) {
    const eve = await on.git(repository, await on.newKey('eve'), ...verb);
    t.match(eve, { code: 128, said: /fatal: remote error: You may not use blog\./ });
  }
  const missing = await push(await on.repository('missing'));
  t.match(missing, { code: 128, said: /There is no app missing\. Make it with `deis create/ });
  t.notOk(existsSync(join(on.state, 'repositories', 'missing.git')));
  const rooms = await readdir(join(on.state, 'repositories'));
  t.ok(
    rooms.every((name) => /^(blog|shop)\./.test(name)),
    rooms.join(' '),
  );
  t.strictSame(on.released, []);
});

void t.test(
  'a key that was taken away opens nothing any more, nor does that of a user who is locked out',
  async (t) => {
    const key = await on.newKey('ann');
    t.equal((await on.ssh(key, 'ping')).code, 0);
    const { items } = await on.registry.list(keys.users, ['ann'].slice(1), signal);
    const record = items.find(({ value }) => value.username === 'ann')!.value;
    await on.registry.commit(
      [],
      [put(keys.users, ['ann'], { ...record, isActive: false })],
      signal,
    );
    t.equal((await on.ssh(key, 'ping')).code, 255);
    await on.registry.commit([], [put(keys.users, ['ann'], record)], signal);
    const all = await on.registry.list(keys.publicKeys, [], signal);
    const own = (await execa('cat', [`${key}.pub`])).stdout.trim();
    const held = all.items.find(({ value }) => value.public.trim() === own)!;
    await on.registry.commit([], [remove(keys.publicKeys, held.ids)], signal);
    t.equal((await on.ssh(key, 'ping')).code, 255);
  },
);

void t.test(
  'a failed build and a failed deployment: the reason, the refs as they were, the next push',
  async (t) => {
    const repository = await on.repository('blog', { Procfile: 'web: again\n' });
    const before = await remoteRefs(repository);
    const failures: [() => void, RegExp][] = [
      [
        () =>
          (on.onBuild = async (_input, show) => {
            show('-----> Compiling\n');
            throw new DeisError(
              'build-failed',
              'The compiler failed:\nline 3: no',
              'Look at line 3.',
            );
          }),
        /-----> Compiling[^]* ! {5}The compiler failed:[^]* ! {5}line 3: no[^]* ! {5}Look at line 3\./,
      ],
      [
        () => (on.onRelease = () => Promise.reject(new DeisError('refused', 'web.1 crashed'))),
        /-----> Launching\.\.\.[^]* ! {5}web\.1 crashed/,
      ],
      [
        () => (on.onBuild = () => Promise.reject(new TypeError('secret detail'))),
        /The platform failed; its log says why\./,
      ],
    ];
    for (const [fail, words] of failures) {
      on.onBuild = usual.build;
      on.onRelease = usual.release;
      fail();
      const { code, said } = await push(repository, '-f', 'master');
      t.equal(code, 1);
      t.match(said, words);
      t.match(said, /\[remote rejected\] master -> master \(pre-receive hook declined\)/);
      t.notMatch(said, /secret detail/);
      t.equal(await remoteRefs(repository), before);
    }
    t.match((await logs('blog')).at(-3), { outcome: 'failed', text: /Compiling[^]*line 3: no/ });
    on.onBuild = usual.build;
    on.onRelease = usual.release;
    t.equal((await push(repository, '-f', 'master')).code, 0);
  },
);

void t.test('one push of an app at a time, several apps side by side', async (t) => {
  const repository = await on.repository('blog', { Procfile: 'web: slow\n' });
  const shop = await on.repository('shop', { Procfile: 'web: quick\n' });
  const building = Promise.withResolvers<void>();
  const proceed = Promise.withResolvers<void>();
  on.onBuild = async (input, show, given) => {
    if (input.app === 'blog') {
      building.resolve();
      await proceed.promise;
    }
    return usual.build(input, show, given);
  };
  const first = push(repository, '-f', 'master');
  await building.promise;
  const second = await push(repository, '-f', 'master');
  t.match(second, {
    code: 128,
    said: /fatal: remote error: Another git push to blog is ongoing\./,
  });
  t.equal((await push(shop, '-f', 'master')).code, 0);
  proceed.resolve();
  t.equal((await first).code, 0);
});

void t.test('a client that is killed', async (t) => {
  const repository = await on.repository('blog', { Procfile: 'web: killed\n' });
  const before = await remoteRefs(repository);
  const start = () =>
    execa('git', ['push', '-f', 'deis', 'master'], {
      cwd: repository,
      env: on.clientEnvironment(ann),
      reject: false,
      detached: true,
    });
  const kill = (pid: number | undefined) => process.kill(-pid!, 'SIGKILL');

  const building = Promise.withResolvers<AbortSignal>();
  on.onBuild = async (_input, _show, given) => {
    building.resolve(given);
    await once(given, 'abort');
    given.throwIfAborted();
    throw new Error('not reached');
  };
  const early = start();
  const given = await building.promise;
  kill(early.pid);
  await early;
  if (!given.aborted) await once(given, 'abort');
  on.onBuild = usual.build;
  t.strictSame(on.released, [], 'during the build: no release');
  t.equal(await remoteRefs(repository), before);
  t.equal((await push(repository, '-f', 'master')).code, 0, 'the next push works at once');
  t.equal((await logs('blog')).at(-2)?.outcome, 'abandoned');
  on.released.length = 0;

  const sha = await on.commit(repository, { Procfile: 'web: late\n' });
  const launching = Promise.withResolvers<void>();
  const proceed = Promise.withResolvers<void>();
  on.onRelease = async () => {
    launching.resolve();
    await proceed.promise;
  };
  const late = start();
  await launching.promise;
  kill(late.pid);
  await late;
  proceed.resolve();
  on.onRelease = usual.release;
  for (let tries = 0; tries < 100 && !(await remoteRefs(repository)).includes(sha); tries += 1);
  t.match(
    await remoteRefs(repository),
    sha,
    'during the deployment: release and ref go on together',
  );
  t.equal(on.released.length, 1);
});

void t.test('too much', { timeout: 60_000 }, async (t) => {
  const set = (name: string, value: string) =>
    on.registry.commit([], [put(keys.settings, ['builder', name], value)], signal);
  const repository = await on.repository('shop', { Procfile: 'web: big\n' });
  const before = await remoteRefs(repository);
  await set('maxPushSize', '2');
  await execa('head', ['-c', '3000000', '/dev/urandom'], {
    cwd: repository,
    stdout: { file: join(repository, 'noise') },
  });
  await on.commit(repository, { Procfile: 'web: bigger\n' });
  const { code, said } = await push(repository, '-f', 'master');
  t.not(code, 0);
  t.match(said, /pack exceeds maximum allowed size/);
  t.match(said, / ! {5}This push is larger than 2 MB/);
  t.equal(await remoteRefs(repository), before);
  await execa('git', ['reset', '-q', '--hard', 'HEAD~1'], { cwd: repository });
  await set('maxSourceSize', '1');
  await on.commit(repository, { zeros: '0'.repeat(3_000_000) });
  const source = await push(repository, '-f', 'master');
  t.match(source, { code: 1, said: /The files of this commit need more than 1 MB\./ });
  t.equal(await remoteRefs(repository), before);
  for (const name of ['maxPushSize', 'maxSourceSize']) {
    await on.registry.commit([], [remove(keys.settings, ['builder', name])], signal);
  }
  t.equal((await push(repository, '-f', 'master')).code, 0);
  const objects = await readdir(join(on.state, 'repositories', 'shop.uuid-shop.git', 'objects'));
  t.notOk(objects.some((name) => name.startsWith('tmp_')));
});

void t.test('branches, tags and refs that go', async (t) => {
  const repository = await on.repository('shop', { Procfile: 'web: refs\n' });
  t.equal((await push(repository, '-f', 'master:refs/heads/main')).code, 0);
  await execa('git', ['tag', 'v1'], { cwd: repository });
  const two = await push(repository, '-f', 'master:one', 'master:two');
  t.match(two, { code: 1, said: /Only one branch at a time becomes a release/ });
  on.released.length = 0;
  t.equal((await push(repository, ':main')).code, 0);
  t.strictSame(on.released, [], 'nothing is built when a branch goes');
  t.notMatch(await remoteRefs(repository), 'refs/heads/main');
  t.equal((await push(repository, 'v1')).code, 0);
  t.equal(on.released.length, 1);
  const blob = (await execa('git', ['rev-parse', 'HEAD:Procfile'], { cwd: repository })).stdout;
  t.match(await push(repository, `${blob}:refs/tags/file`), { code: 1, said: /is not a commit/ });
});

void t.test('a builder on a machine without the repository', async (t) => {
  const first = on.state;
  const repository = await on.repository('blog', { Procfile: 'web: moves\n' });
  t.equal((await push(repository, '-f', 'master')).code, 0);
  const old = (await execa('git', ['rev-parse', 'HEAD'], { cwd: repository })).stdout;
  await on.restart(await mkdtemp(join(tmpdir(), 'deis-builder-')));
  const fetched = await on.git(repository, ann, 'fetch', 'deis');
  t.match(fetched, { code: 128, said: /not on this machine/ });
  const fresh = await on.commit(repository, { Procfile: 'web: moved\n' });
  t.equal((await push(repository)).code, 0, 'takes the whole of it');
  t.equal((await on.git(repository, ann, 'fetch', 'deis')).code, 0);
  await on.restart(first);
  on.released.length = 0;
  const back = await push(repository, '-f', `${old}:refs/heads/master`);
  t.equal(back.code, 0, 'back on the first one, whose copy is behind');
  t.equal(on.released.length, 1, 'the older commit is a release, not "up to date"');
  t.notMatch(await remoteRefs(repository), fresh);
});

void t.test('what a killed builder left does not stand in the way', async (t) => {
  const room = join(on.state, 'repositories', 'blog.uuid-blog.git');
  await mkdir(join(room, 'objects', 'tmp_objdir-incoming-abc'), { recursive: true });
  await writeFile(join(room, 'refs', 'heads', 'master.lock'), '');
  await writeFile(join(room, 'packed-refs.lock'), '');
  await mkdir(join(on.state, 'work', 'blog-xyz'), { recursive: true });
  await on.restart();
  t.strictSame(await readdir(join(on.state, 'work')).catch(() => []), []);
  const repository = await on.repository('blog', { Procfile: 'web: after\n' });
  t.equal((await push(repository, '-f', 'master')).code, 0);
  t.notOk(existsSync(join(room, 'objects', 'tmp_objdir-incoming-abc')));
});

void t.test('clients know the builder again after it moved', async (t) => {
  const known = join(await mkdtemp(join(tmpdir(), 'known-')), 'hosts');
  const scan = async () =>
    (await execa('ssh-keyscan', ['-t', 'ed25519', '-p', String(on.port), '127.0.0.1'])).stdout;
  const before = await scan();
  await writeFile(known, before);
  await on.restart(await mkdtemp(join(tmpdir(), 'deis-builder-')));
  t.match(before, /ssh-ed25519/);
  t.equal(await scan(), before);
});

void t.test('a destroyed app leaves nothing; one that is only missing keeps all', async (t) => {
  const repository = await on.repository('blog', { Procfile: 'web: last\n' });
  t.equal((await push(repository, '-f', 'master')).code, 0);
  t.ok((await logs('blog')).length > 0);
  const room = join(on.state, 'repositories', 'blog.uuid-blog.git');
  await on.registry.commit([], [remove(keys.apps, ['blog'])], signal);
  t.strictSame(await sweepGone(on.registry, on.state, signal), [], 'a lost record proves nothing');
  t.ok(existsSync(room));
  t.ok((await logs('blog')).length > 0);
  const grave = { app: 'blog', uuid: 'uuid-blog', destroyed: '2026-11-22T00:00:00.000Z' };
  await on.registry.commit([], [put(keys.graves, ['blog'], grave)], signal);
  for (let tries = 0; tries < 300 && existsSync(room); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  t.notOk(existsSync(room));
  t.strictSame(await logs('blog'), []);
});
