// `git push deis master` with git and OpenSSH as they come: to a live release, or to a clear end with everything as it was.

import t, { type Test } from 'tap';
import {
  type Files,
  SAID_BY_NODE_APP,
  dockerfileApp,
  nodeApp,
  procfileApp,
  staticApp,
} from './apps-to-push.ts';
import { timed } from './pace.ts';
import { eventually, platform } from './platform.ts';
import { ownSteps } from './push-times.ts';
import { appToPush } from './pushed-app.ts';
import { newPusher } from './pusher.ts';

const on = await platform();
const { run, ann, app, directory, push, body, standing } = await appToPush(on, 'push');

void t.test('from git init to an answer', async (t) => {
  const { code, stderr } = await push();
  t.equal(code, 0, stderr);
  t.match(stderr, new RegExp(`done, ${app}:v2 deployed to Deis`));
  t.match(stderr, new RegExp(`http://${app}\\.${on.context.domain}`));
  t.equal(await body(), 'one');
  await pushedAgain(t, directory, app, { next: dockerfileApp('two'), says: 'two' });
  const logs = await ann.deis(directory, 'builds:logs', '-a', app);
  t.match(logs.stdout, /-----> Launching\.\.\.[^]*v3 deployed to Deis/);
  const info = await ann.deis(directory, 'builds:info', '-a', app);
  t.match(info.stdout, /kind: +dockerfile[^]*releases: +v3/);
});

/** Seconds between a push and its live release besides the build's own steps, on a box with two free cores. */
const OVERHEAD = 10;

async function pushedAgain(
  t: Test,
  where: string,
  of: string,
  { next, says, within = OVERHEAD }: { next: Files; says: string; within?: number },
): Promise<void> {
  await ann.commit(where, next);
  const { result, seconds, bound } = await timed(within, () => push(where));
  t.equal(result.code, 0, result.stderr);
  t.equal(await body(of), says, 'live as soon as the push has ended');
  const own = ownSteps(result.stderr);
  t.comment(`${of}: ${seconds.toFixed(1)} s, its own steps ${own.toFixed(1)} s`);
  t.ok(seconds - own <= bound, `${(seconds - own).toFixed(1)} s besides its own steps`);
}

/** `within`: the bound for a second push. */
const KINDS: { kind: string; of: (word: string) => Files; more?: string; within?: number }[] = [
  { kind: 'node', of: nodeApp, more: SAID_BY_NODE_APP, within: OVERHEAD },
  { kind: 'static', of: staticApp, within: OVERHEAD },
  { kind: 'procfile', of: procfileApp },
];

/** Their repositories. */
const own = new Map<string, string>();
const gone: string[] = [];
t.teardown(() =>
  Promise.all(gone.map((name) => on.deis('apps:destroy', '-a', name, '--confirm', name))),
);

void t.test('apps of three kinds, pushed at once, from git init to an answer', async (t) => {
  const pushes = KINDS.map(async ({ kind, of, more = '' }) => {
    const name = `${kind}-${run}`;
    const where = await ann.repository(of('one'));
    own.set(kind, where);
    await ann.create(where, name);
    gone.push(name);
    const { code, stderr } = await ann.git(where, 'push', 'deis', 'master');
    t.equal(code, 0, stderr);
    const said = await eventually('an answer', 10, async () => (await body(name)) || undefined);
    t.equal(said, `one${more}`, kind);
  });
  await Promise.all(pushes);
});

for (const { kind, of, more = '', within } of KINDS) {
  if (!within) continue;
  void t.test(`a ${kind} app pushed again`, async (t) => {
    const next = { next: of('two'), says: `two${more}`, within };
    await pushedAgain(t, own.get(kind)!, `${kind}-${run}`, next);
  });
}

void t.test(
  'a failing build, a bad Procfile and an app that nobody detects change nothing',
  async (t) => {
    const before = await standing();
    await ann.commit(directory, dockerfileApp('bad', 'echo the reason && exit 3'));
    const failing = await push();
    t.equal(failing.code, 1);
    t.match(failing.stderr, /the reason[^]* !  [^]*pre-receive hook declined/);
    t.strictSame(await standing(), before);
    await ann.commit(directory, { ...dockerfileApp('bad'), Procfile: 'web: one\nweb: two\n' });
    const procfile = await push();
    t.match(procfile, { code: 1, stderr: /Procfile[^]*2/ });
    t.strictSame(await standing(), before);
    await ann.git(directory, 'rm', '-q', 'Dockerfile', 'server.mjs', 'Procfile');
    await ann.commit(directory, { 'notes.txt': 'nothing to run' });
    const detect = await push();
    t.match(detect, { code: 1, stderr: /Unable to select a buildpack[^]*The app stays as it was/ });
    t.strictSame(await standing(), before);
    await ann.git(directory, 'reset', '-q', '--hard', 'HEAD~3');
  },
);

void t.test('strangers, and apps of others', async (t) => {
  const eve = await newPusher(on, `eve-${run}`);
  const own = await eve.repository(dockerfileApp('mine'));
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
