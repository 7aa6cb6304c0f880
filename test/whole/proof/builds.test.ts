// Builds on a real machine: kinds, a buildpack of somebody else, what a build and an app can reach, and what ends a build that
// wants too much.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { DockerImageBuilder } from '../../../src/adapters/docker-image-builder.ts';
import { layersOf } from '../../../src/adapters/registry-layers.ts';
import type { AppToBuild, BuiltApp, Workplace } from '../../../src/builder/build/app-build.ts';
import { buildApp } from '../../../src/builder/build/build.ts';
import type { DeisError } from '../../../src/model/errors.ts';
import { PROBE, servedBuildpack, surroundings } from '../build-hands.ts';
import { insideMachine } from '../machine-root.ts';
import { operatorTls } from '../operator-tls.ts';
import { platform } from '../platform.ts';

const on = await platform();
const { signal } = on;
const first = on.context.machines[0]!;
const { root } = await insideMachine(on, first.name);

const place: Workplace = {
  engine: new DockerImageBuilder(`${root}/run/docker.sock`),
  images: join(on.root, '.deis/cache/images'),
  loans: `${root}/etc/deis/loans`,
  disk: `${root}/var/lib/docker`,
  now: () => performance.now(),
  layersOf: async (image, digest, given) =>
    layersOf({ address: `${first.ip}:5000`, tls: await operatorTls(on) }, image, digest, given),
};

/** A new directory with these files; gone at the end. */
function tree(files: Record<string, string> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'deis-build-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory, name), content);
  }
  return directory;
}

interface Outcome {
  said: string;
  built?: BuiltApp;
  error?: DeisError;
}

async function build(
  app: string,
  files: Record<string, string>,
  more: Partial<AppToBuild> = {},
): Promise<Outcome> {
  let said = '';
  const sha = '0123456789abcdef0123456789abcdef01234567';
  const cache = join(on.root, '.deis', 'clusters', on.name, 'build-cache', app);
  const input = { app, sha, tree: tree(files), values: {}, cache, ...more };
  try {
    const built = await buildApp(place, input, (text) => (said += text), signal);
    return { said, built };
  } catch (error) {
    return { said, error: error as DeisError };
  }
}

const { forbidden, allowed } = await surroundings(on);

void t.test(
  'a Dockerfile: its context, arguments, commit and labels; what RUN can reach',
  async (t) => {
    const { said, built, error } = await build(
      'cdocker',
      {
        Dockerfile: `FROM deis/node
ARG GREETING
COPY . /app
RUN echo "got $GREETING" && ls -a /app && node /app/probe.js ${[...forbidden, ...allowed].join(' ')}
RUN [ ! -e /var/run/docker.sock ]
CMD ["node", "-e", "console.log(process.env.GIT_SHA)"]
`,
        '.dockerignore': 'secret*\n',
        'probe.js': PROBE,
        'secret.txt': 'hidden',
        Procfile: 'web: node web.js\r\nrelease: node migrate.js\n',
      },
      { values: { GREETING: 'a "quoted" $HOME' } },
    );
    t.equal(error, undefined);
    t.match(said, 'got a "quoted" $HOME');
    t.notMatch(said, 'secret.txt');
    for (const target of forbidden) t.match(said, `${target} closed`);
    for (const target of allowed) t.match(said, `${target} open`);
    t.same(built?.procfile, { web: 'node web.js', release: 'node migrate.js' });
    t.equal(built?.dockerfile, 'true');
    const inspected = await on.sh(1, `docker inspect -f '{{json .Config.Labels}}' ${built!.image}`);
    t.match(JSON.parse(inspected), { 'deis.managed': 'true', 'deis.app': 'cdocker' });
    t.match(await on.sh(1, `docker run --rm ${built!.image}`), /^0123456789abcdef/);
  },
);

void t.test(
  'every forbidden port is open to the machine itself: the fence closes it',
  async (t) => {
    const open = await on.sh(
      1,
      `for port in 2379 7600 5000 22; do
    timeout 2 bash -c "</dev/tcp/${first.ip}/$port" && echo $port; done`,
    );
    t.same(open.split('\n'), ['2379', '7600', '5000', '22']);
  },
);

void t.test(
  'an app container reaches doors and the world, and neither machines nor neighbours',
  async (t) => {
    const run = `docker run --rm 127.0.0.1:5555/cdocker:git-01234567 node /app/probe.js`;
    const peer = await on.sh(
      1,
      'docker run -d --rm deis/node node -e "require(\'net\').createServer().listen(5000)"',
    );
    try {
      const ip = await on.sh(1, `docker inspect -f '{{.NetworkSettings.IPAddress}}' ${peer}`);
      const said = await on.sh(1, `${run} ${[...forbidden, ...allowed, `${ip}:5000`].join(' ')}`);
      for (const target of [...forbidden, `${ip}:5000`]) t.match(said, `${target} closed`);
      for (const target of allowed) t.match(said, `${target} open`);
    } finally {
      await on.sh(1, `docker rm -f ${peer}`);
    }
  },
);

void t.test(
  'a buildpack by URL and tag uses the whole API, and the app runs with it',
  async (t) => {
    const url = await servedBuildpack(on);
    const values = { BUILDPACK_URL: `${url}#v1`, GREETING: 'two\nlines "$HOME"' };
    const files = { 'file.txt': 'x', 'unwanted.log': 'y', '.slugignore': '# logs\n*.log\n' };
    for (const count of [1, 2]) {
      const { said, built, error } = await build('cpack', files, { values });
      t.equal(error, undefined, `build ${count}`);
      t.match(said, '-----> Custom app detected');
      t.match(said, `       count ${count}`, 'the cache is kept, other output is indented');
      t.match(said, 'Default process types -> web');
      t.equal(built?.dockerfile, '');
      t.match(built?.slugDigest, /^sha256:[0-9a-f]{64}$/);
    }
    const image = '127.0.0.1:5555/cpack:git-01234567';
    const ran = await on.sh(1, `docker run --rm ${image} start web`);
    t.match(ran, 'a $HOME "quoted" one | profile of /app | ');
    t.match(
      ran,
      'config=two lines "$HOME" exported=two lines "$HOME" user=2000 home=/app commit=0123456789',
    );
    t.equal(await on.sh(1, `docker run --rm ${image} 'ls'`), 'bin\ncompiled\nfile.txt');
    const broken = await build('cpack', files, { values: { ...values, BREAK: 'yes' } });
    t.match(broken.error?.code, 'build-failed');
    t.match(broken.error?.message, /exit code 1.*it broke on purpose/s);
    const none = await build('cpack', files, { values: { BUILDPACK_URL: `${url}#nowhere` } });
    t.match(none.error?.message, 'has no branch, tag or commit "nowhere"');
  },
);

void t.test(
  'several buildpacks by .buildpacks; a bundled one by name; nobody detects',
  async (t) => {
    const listed = await build('cmulti', {
      '.buildpacks': 'procfile\nstatic\r\n',
      Procfile: 'web: true',
      'index.html': 'x',
    });
    t.match(listed.said, '-----> Procfile, Static app detected');
    t.same(listed.built?.procfile, { web: 'true' });
    const nobody = await build('cmulti', { 'file.txt': 'x' });
    t.equal(nobody.error?.code, 'build-failed');
    t.match(nobody.error?.message, 'Unable to select a buildpack');
  },
);

void t.test('what wants too much is ended, with the reason', async (t) => {
  const from = (run: string) => ({ Dockerfile: `FROM deis/node\nRUN ${run}\n` });
  const slow = await build('climit', from('sleep 600'), { limits: { seconds: 5 } });
  t.match(slow.error?.message, 'The build was ended: it took longer than 5 s.');
  const loud = await build('climit', from('yes'), { limits: { outputBytes: 2 ** 20 } });
  t.match(loud.error?.message, 'it printed more than 1 MB');
  t.ok(loud.said.length <= 2 ** 20);
  const large = await build('climit', from('dd if=/dev/zero of=/file bs=1M count=64'), {
    limits: { fileBytes: 16 * 2 ** 20 },
  });
  t.equal(large.error?.code, 'build-failed');
  const full = await build('climit', from('sleep 600'), { limits: { freeBytes: 2 ** 50 } });
  t.match(full.error?.message, 'the disk has less than');
  const failed = await build('climit', from('echo the reason; exit 7'));
  t.match(
    failed.error?.message,
    /non-zero code: 7\nStep 2\/4 : RUN echo the reason; exit 7\n.*the reason/s,
  );
  const left = await on.sh(
    1,
    'docker ps -q --filter network=deis-build; docker ps -aq --filter label=deis.workshop',
  );
  t.equal(left, '', 'nothing of a build is left running');
});

void t.test(
  'a tree that tries to read the builder’s files, or another app’s image, is refused',
  async (t) => {
    const directory = tree();
    const trap = join(directory, 'trap');
    mkdirSync(trap);
    symlinkSync('/etc/passwd', join(trap, 'Dockerfile'));
    const linked = await build('ctrap', {}, { tree: trap });
    t.match(linked.error?.message, 'Dockerfile is a link');
    const stolen = await build('ctrap', {
      Dockerfile: 'FROM localhost:5555/cdocker:git-01234567\n',
    });
    t.match(
      stolen.error?.message,
      'Dockerfile, line 1: localhost:5555/cdocker:git-01234567 belongs to another app.',
    );
    const bad = await build('ctrap', {
      Dockerfile: 'FROM deis/node\n',
      Procfile: 'web: a\nweb: b\n',
    });
    t.match(bad.error?.message, 'Procfile, line 2: web is already on line 1.');
  },
);
