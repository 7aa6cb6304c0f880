// `deis` as a program: what it sends, prints, keeps on disk, and how it ends.

import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { deisProgram } from './deis.ts';
import { type FakeController, TOKEN, fakeController, page } from './fake-controller.ts';

const program = await deisProgram();
const { run: deis } = program;
t.teardown(() => program.remove());

interface Stage {
  fake: FakeController;
  home: string;
  /** An empty directory. */
  project: string;
  /** A directory with the program `deis-greet`. */
  bin: string;
}

/** A controller, and a home directory where a user is logged in. */
async function stage(t: Test, loggedIn = true): Promise<Stage> {
  const fake = await fakeController();
  t.teardown(() => fake.server.close());
  const settings = {
    username: 'alice',
    ssl_verify: false,
    controller: fake.url,
    token: TOKEN,
    response_limit: 100,
  };
  const dir = t.testdir({
    home: loggedIn ? { '.deis': { 'client.json': JSON.stringify(settings) } } : {},
    project: {},
    bin: { 'deis-greet': '#!/bin/sh\necho "$@"; exit 7\n' },
  });
  chmodSync(join(dir, 'bin/deis-greet'), 0o755);
  return { fake, home: join(dir, 'home'), project: join(dir, 'project'), bin: join(dir, 'bin') };
}

const CONFIG = { values: { A: '1' }, memory: {}, cpu: {}, tags: {} };

// Many processes are started, and the box may be busy.
t.setTimeout(120_000);

void t.test('register, log in, who am I, log out', async (t) => {
  const { fake, home } = await stage(t, false);
  fake.replies.set('POST /v1/auth/register/', { status: 201, reason: 'CREATED', body: {} });
  const address = fake.url.replace('http://', '');
  const flags = ['--username=alice', '--email=a@x.com'];
  const registered = await deis(['register', address, ...flags], { home, stdin: 'secret\n' });
  t.strictSame(registered, {
    status: 0,
    stdout: 'Registered alice\nLogged in as alice\n',
    stderr: '',
  });
  t.strictSame(
    fake.calls.map(({ line }) => line),
    ['GET /v1/', 'POST /v1/auth/register/', 'POST /v1/auth/login/'],
  );
  t.strictSame(fake.calls[1]?.body, { username: 'alice', password: 'secret', email: 'a@x.com' });
  const file = join(home, '.deis/client.json');
  t.strictSame(JSON.parse(readFileSync(file, 'utf8')), {
    username: 'alice',
    ssl_verify: true,
    controller: fake.url,
    token: TOKEN,
    response_limit: 100,
  });
  t.equal(statSync(file).mode & 0o777, 0o600, 'for the owner only');
  t.equal(statSync(join(home, '.deis')).mode & 0o777, 0o700);
  t.equal((await deis(['whoami'], { home })).stdout, `You are alice at ${fake.url}\n`);
  t.equal((await deis(['auth', 'logout'], { home })).stdout, 'Logged out\n');
  t.strictSame(await deis(['apps'], { home }), {
    status: 1,
    stdout: '',
    stderr: "Error: Not logged in. Use 'deis login' or 'deis register' to get started.\n",
  });
});

void t.test('a wrong password, a wrong host, and nobody to ask', async (t) => {
  const { fake, home } = await stage(t, false);
  const wrong = await deis(['login', fake.url, '--username=a', '--password=no'], { home });
  t.strictSame(wrong, {
    status: 1,
    stdout: '',
    stderr:
      'Error: \n400 BAD REQUEST\nnon_field_errors: Unable to log in with provided credentials.\n',
  });
  fake.replies.set('GET /v1/', { status: 200, headers: {}, body: 'hello' });
  fake.replies.set('GET /v1/', { status: 404, body: 'nginx' });
  const other = await deis(['login', fake.url, '--username=a', '--password=b'], { home });
  t.match(other, { status: 1, stderr: /does not appear to be a valid Deis controller/ });
  const nobody = await deis(['login', 'http://127.0.0.1:1', '--username=a', '--password=b'], {
    home,
  });
  t.match(nobody, { status: 1, stderr: /does not answer: connect ECONNREFUSED/ });
});

void t.test('lists', async (t) => {
  const { fake, home } = await stage(t);
  fake.replies.set('GET /v1/apps/?page_size=1', page([{ id: 'hello' }], 3));
  fake.replies.set('GET /v1/apps/?page_size=100', page([{ id: 'hello' }]));
  const [cut, json, none] = await Promise.all([
    deis(['apps', '-l', '1'], { home }),
    deis(['apps:list', '--json'], { home }),
    deis(['ps', '-a', 'nothing'], { home }),
  ]);
  t.equal(cut.stdout, '=== Apps (1 of 3)\nhello\n');
  t.strictSame(JSON.parse(json.stdout), [{ id: 'hello' }]);
  t.strictSame(none, {
    status: 1,
    stdout: '',
    stderr: 'Error: \n404 NOT FOUND\ndetail: Not found\n',
  });
  t.ok(fake.calls.every(({ authorization }) => authorization === `token ${TOKEN}`));
});

void t.test('create in a git repository adds the remote, and the app is found by it', async (t) => {
  const { fake, home, project: cwd } = await stage(t);
  execFileSync('git', ['init', '-q'], { cwd, env: { ...process.env, HOME: home } });
  fake.replies.set('POST /v1/apps/', { status: 201, body: { id: 'calm-boat' } });
  const created = await deis(['create'], { home, cwd });
  t.strictSame(created, {
    status: 0,
    stdout:
      'Creating Application... done, created calm-boat\nGit remote deis added\n' +
      'remote available at ssh://git@deis.paas.localhost:2222/calm-boat.git\n',
    stderr: '',
  });
  fake.replies.set('GET /v1/apps/calm-boat/config/', { status: 200, body: CONFIG });
  t.equal((await deis(['config'], { home, cwd })).stdout, '=== calm-boat Config\nA      1\n');
  t.match(await deis(['create'], { home, cwd }), {
    status: 1,
    stderr: /git did not add the remote deis\n.*git remote rename/,
  });
  fake.replies.set('DELETE /v1/apps/calm-boat/', { status: 204 });
  t.match(await deis(['destroy'], { home, cwd, stdin: 'other\n' }), {
    status: 2,
    stderr: /App calm-boat does not match confirm other, aborting/,
  });
  const destroyed = await deis(['destroy'], { home, cwd, stdin: 'calm-boat\n' });
  t.equal(
    destroyed.stdout,
    'Destroying calm-boat...\ndone in 0s\nGit remote deis removed\n',
    destroyed.stderr,
  );
});

void t.test('config:set sends data and tells the release', async (t) => {
  const { fake, home } = await stage(t);
  const value = 'a=b\n"c" $d';
  fake.replies.set('POST /v1/apps/hello/config/', {
    status: 201,
    body: { ...CONFIG, values: { A: '1', DEIS_APP: 'hello', DEIS_RELEASE: 'v3' } },
  });
  fake.replies.set('GET /v1/apps/hello/config/', { status: 200, body: CONFIG });
  const set = await deis(['config:set', `A=${value}`, '-a', 'hello'], { home });
  t.equal(set.stdout, 'Creating config... done, v3\n\n=== hello Config\nA      1\n', set.stderr);
  t.strictSame(fake.calls[0]?.body, { values: { A: value } });
  await deis(['config', 'unset', 'A', '-a', 'hello'], { home });
  t.strictSame(fake.calls.at(-2)?.body, { values: { A: null } });
  const before = fake.calls.length;
  t.match(await deis(['config:set', 'A', '-a', 'hello'], { home }), {
    status: 2,
    stderr: /KEY=value/,
  });
  t.equal(fake.calls.length, before, 'nothing was sent');
});

void t.test('standard input is no argument', async (t) => {
  const { fake, home } = await stage(t);
  // So long would oclif wait for a line to take: it would not miss this one.
  const env = { OCLIF_STDIN_TIMEOUT_MS: '5000' };
  const stdin = 'junk\n';
  fake.replies.set('POST /v1/apps/', { status: 201, body: { id: 'calm-boat' } });
  fake.replies.set('POST /v1/apps/hello/releases/rollback/', { status: 201, body: { version: 5 } });
  const [created, restarted, back, set] = await Promise.all([
    deis(['create', '--no-remote'], { home, stdin, env }),
    deis(['restart', '-a', 'hello'], { home, stdin, env }),
    deis(['rollback', '-a', 'hello'], { home, stdin, env }),
    deis(['config:set', '-a', 'hello'], { home, stdin: 'A=1\n', env }),
  ]);
  t.match(created, { status: 0, stdout: /created calm-boat\nremote available at ssh:/ });
  t.match(restarted.stderr, /404 NOT FOUND/, 'asked for all of it, of which there is none');
  t.match(back, { status: 0, stdout: /^Rolling back one release... done, v5/ });
  t.match(set, { status: 2, stderr: /Missing 1 required arg/ });
  const sent = fake.calls.map(({ line, body }) => `${line} ${JSON.stringify(body)}`);
  for (const line of [
    'POST /v1/apps/ {}',
    'POST /v1/apps/hello/containers/restart/ {}',
    'POST /v1/apps/hello/releases/rollback/ {}',
  ]) {
    t.ok(sent.includes(line), line);
  }
});

void t.test('scale, restart, pull, rollback', async (t) => {
  const { fake, home } = await stage(t);
  const up = { type: 'web', num: 1, state: 'up', release: 'v2' };
  fake.replies.set('POST /v1/apps/hello/scale/', { status: 204, reason: 'NO CONTENT' });
  fake.replies.set('GET /v1/apps/hello/containers/?page_size=100', page([up]));
  fake.replies.set('POST /v1/apps/hello/containers/web/1/restart/', { status: 200, body: [up] });
  fake.replies.set('POST /v1/apps/hello/builds/', { status: 201, body: {} });
  fake.replies.set('POST /v1/apps/hello/releases/rollback/', { status: 201, body: { version: 5 } });
  const at = { home, env: { DEIS_DRINK_OF_CHOICE: 'tea' } };
  const [scaled, restarted, pulled, back] = await Promise.all([
    deis(['scale', 'web=1', '-a', 'hello'], at),
    deis(['ps', 'restart', 'web.1', '-a', 'hello'], at),
    deis(['pull', 'busybox', '-a', 'hello', '-p', 'web: sleep 1'], at),
    deis(['rollback', 'v2', '-a', 'hello'], at),
  ]);
  const list = 'done in 0s\n=== hello Processes\n--- web:\nweb.1 up (v2)\n';
  t.equal(scaled.stdout, `Scaling processes... but first, tea!\n${list}`, scaled.stderr);
  t.equal(restarted.stdout, `Restarting processes... but first, tea!\n${list}`, restarted.stderr);
  t.equal(pulled.stdout, 'Creating build... done\n', pulled.stderr);
  t.equal(back.stdout, 'Rolling back to v2... done, v5\n', back.stderr);
  const sent = new Map(fake.calls.map(({ line, body }) => [line, body]));
  t.strictSame(sent.get('POST /v1/apps/hello/scale/'), { web: 1 });
  t.strictSame(sent.get('POST /v1/apps/hello/builds/'), {
    image: 'busybox',
    procfile: { web: 'sleep 1' },
  });
  t.strictSame(sent.get('POST /v1/apps/hello/releases/rollback/'), { version: 2 });
});

void t.test('logs, and none', async (t) => {
  const { fake, home } = await stage(t);
  const text =
    '2026-01-01T00:00:00UTC hello[web.1]: one\n2026-01-01T00:00:01UTC hello[web.2]: two\n';
  fake.replies.set('GET /v1/apps/hello/logs?log_lines=2', { status: 200, body: text });
  fake.replies.set('GET /v1/apps/hello/logs', { status: 204 });
  t.equal((await deis(['logs', '-n', '2', '-a', 'hello'], { home })).stdout, text);
  t.strictSame(await deis(['logs', '-a', 'hello'], { home }), {
    status: 0,
    stdout: '',
    stderr: '',
  });
});

void t.test('a newer server is told on stderr only', async (t) => {
  const { fake, home } = await stage(t);
  const reply = page([{ id: 'hello' }]);
  fake.replies.set('GET /v1/apps/?page_size=100', {
    ...reply,
    headers: { DEIS_API_VERSION: '1.8' },
  });
  const { stdout, stderr } = await deis(['apps'], { home });
  t.equal(stdout, '=== Apps\nhello\n');
  t.match(stderr, /WARNING: Client and server API versions do not match/);
});

void t.test(
  'a redirect keeps method and body, and never gives the token to another host',
  async (t) => {
    const { fake, home } = await stage(t);
    const other = await fakeController();
    t.teardown(() => other.server.close());
    const location = '/v1/apps/hello/scale2/';
    fake.replies.set('POST /v1/apps/hello/scale/', {
      status: 301,
      headers: { Location: location },
    });
    fake.replies.set('POST /v1/apps/hello/scale2/', { status: 204 });
    fake.replies.set('GET /v1/apps/hello/containers/?page_size=100', {
      status: 302,
      headers: { Location: other.url.replace('deis.paas', 'evil') },
    });
    await deis(['scale', 'web=1', '-a', 'hello'], { home });
    t.strictSame(fake.calls[1], {
      line: `POST ${location}`,
      body: { web: 1 },
      authorization: `token ${TOKEN}`,
    });
    t.strictSame(other.calls, []);
  },
);

void t.test('commands that do not exist: a suggestion, or a plugin from PATH', async (t) => {
  const { home, bin } = await stage(t);
  t.match(await deis(['pz:list'], { home }), {
    status: 2,
    stderr: /has no command "pz:list"\nDid you mean `deis ps:list`/,
  });
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  t.strictSame(await deis(['greet:now', 'a', '-b'], { home, env }), {
    status: 7,
    stdout: 'now a -b\n',
    stderr: '',
  });
});
