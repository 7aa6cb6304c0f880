// Builds of pushed apps: a buildpack of somebody else with all of its API, and what a RUN line can reach. The long form, with every
// kind and every limit, is proof/builds.

import { randomBytes } from 'node:crypto';
import t from 'tap';
import { PROBE, servedBuildpack, surroundings } from '../build-hands.ts';
import { eventually, platform } from '../platform.ts';
import { newPusher } from '../pusher.ts';

const on = await platform();
const run = randomBytes(3).toString('hex');
const cat = await newPusher(on, `cat-${run}`);

/** A web process that tells what its build and its start were given. */
const TELLING = `web: mkdir /tmp/www; echo "$FROM_RELEASE | $FROM_PROFILE | $(tr '\\n' ' ' < compiled)" > /tmp/www/index.html; exec busybox httpd -f -p $PORT -h /tmp/www\n`;

void t.test('a buildpack by URL and tag uses the whole API', async (t) => {
  const app = `pack-${run}`;
  t.teardown(() => on.deis('apps:destroy', '-a', app, '--confirm', app));
  const files = { 'file.txt': 'x', Procfile: TELLING };
  const directory = await cat.repository(files);
  await cat.create(directory, app);
  const url = await servedBuildpack(on);
  await cat.deis(directory, 'config:set', `BUILDPACK_URL=${url}#v1`, 'GREETING=two words "$HOME"');
  for (const count of [1, 2]) {
    await cat.commit(directory, { 'file.txt': `${count}` });
    const { code, stderr } = await cat.git(directory, 'push', 'deis', 'master');
    t.equal(code, 0, stderr);
    t.match(stderr, '-----> Custom app detected');
    t.match(stderr, `       count ${count}`, 'the cache is kept');
  }
  const said = await eventually('an answer', 10, async () => (await on.get(app)).body || undefined);
  t.match(said, 'a $HOME "quoted" one | profile of /app | count=2 config=two words "$HOME"');
  t.match(said, 'exported=two words "$HOME" user=2000 home=/app commit=');
});

void t.test('a RUN line reaches the doors and the world, nothing inside', async (t) => {
  const app = `fence-${run}`;
  t.teardown(() => on.deis('apps:destroy', '-a', app, '--confirm', app));
  const { forbidden, allowed } = await surroundings(on);
  const targets = [...forbidden, ...allowed].join(' ');
  const directory = await cat.repository({
    Dockerfile: `FROM deis/node\nCOPY . /app\nRUN node /app/probe.js ${targets}\nRUN [ ! -e /var/run/docker.sock ]\nCMD ["node", "/app/web.js"]\n`,
    'probe.js': PROBE,
    'web.js': `require('http').createServer((q, a) => a.end('built')).listen(process.env.PORT || 5000);`,
  });
  await cat.create(directory, app);
  const { code, stderr } = await cat.git(directory, 'push', 'deis', 'master');
  t.equal(code, 0, stderr);
  for (const target of forbidden) t.match(stderr, `${target} closed`);
  for (const target of allowed) t.match(stderr, `${target} open`);
  for (const target of forbidden.filter((one) => one.startsWith(on.context.machines[0]!.ip))) {
    const [host, port] = target.split(':');
    if (port === '2380' || port === '8000') continue;
    const open = await on.exec(1, ['bash', '-c', `timeout 2 bash -c '</dev/tcp/${host}/${port}'`]);
    t.equal(open.code, 0, `${target} is open to the machine itself: the fence closes it`);
  }
  const limit = await on.sh(1, 'systemctl show -p TasksMax --value deis-builds.slice');
  t.equal(limit, '4096', 'builds share a bound on processes');
});
