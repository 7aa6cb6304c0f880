// `deis run` end to end: bytes, order, terminals, and what is left when somebody is killed in the middle.

import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { deployHello, eventually, platform } from './platform.ts';
import { OUTSIDE, terminal } from './terminal.ts';

const on = await platform();
await deployHello(on, 'hello', { web: 3, worker: 1 });

const HOME = join(on.root, '.deis', 'clusters', on.name, 'home');
const PROGRAM = join(on.root, 'bin', 'deis');
const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

async function oneOffs(): Promise<string> {
  const list = await Promise.all(
    on.context.machines.map(({ name }) =>
      on.sh(name, "docker ps -a --filter label=deis.run --format '{{.Names}}'"),
    ),
  );
  return list.join('').trim();
}

t.test('10 MB through a pipe come back as they went in', async (t) => {
  const data = randomBytes(10 * 1024 * 1024);
  const { stdout, exitCode } = await execa(PROGRAM, ['run', '-a', 'hello', 'cat'], {
    env: { HOME },
    input: data,
    encoding: 'buffer',
    maxBuffer: 2 * data.length,
    reject: false,
    cancelSignal: on.signal,
  });
  t.equal(exitCode, 0);
  t.equal(stdout.length, data.length);
  t.equal(hash(stdout), hash(data));
  t.equal(await oneOffs(), '', 'no container is left');
});

t.test('a reader who is slow misses nothing, also after the command has ended', async (t) => {
  const line = `${PROGRAM} run -a hello 'head -c 3000000 /dev/zero' | (sleep 4; wc -c)`;
  const { stdout } = await execa('sh', ['-c', line], { env: { HOME }, stdin: 'ignore' });
  t.equal(stdout.trim(), '3000000');
});

t.test('lines of 64 KB, both streams, the exit code; and v1’s own answer', async (t) => {
  const script = "head -c 65536 /dev/zero | tr '\\0' x; echo; echo oops >&2; exit 23";
  const run = await execa(PROGRAM, ['run', '-a', 'hello', script], {
    env: { HOME },
    stdin: 'ignore',
    reject: false,
  });
  t.equal(run.exitCode, 23);
  t.equal(run.stdout, 'x'.repeat(65_536));
  t.equal(run.stderr, 'oops');
  const json = await on.deis('run', '-a', 'hello', '--json', 'echo out; exit 3');
  t.equal(json.code, 3);
  t.same(JSON.parse(json.stdout), { exit_code: 3, output: 'out\n' });
});

t.test('a terminal: size, resize, Ctrl-C, exit code', async (t) => {
  const { types, presses, shows, resize } = await terminal(t, HOME);
  await types(`${PROGRAM} run -t -a hello sh`);
  await shows(/^\/app #\s*$/m);
  await types('stty size');
  await shows(/^30 100$/m);
  await resize(90, 20);
  // The new size is on its way: through the client, the controller and the machine.
  await types('until stty size | grep -x "20 90"; do sleep 0.1; done');
  await shows(/^20 90$/m);
  await shows(/^\/app #\s*$/m);
  await types('sleep 1000');
  await shows(/sleep 1000\s*$/);
  await presses('C-c');
  await types('echo still $((40 + 2)); exit 5');
  await shows(/^still 42$/m);
  // What is typed before `deis run` has ended belongs to the command in the container.
  await shows(OUTSIDE);
  await types('echo ended with $?');
  await shows(/^ended with 5$/m);
  t.pass('all of it was seen');
  await eventually('no container is left', 30, async () => (await oneOffs()) === '');
});

t.test('whoever is killed leaves no container behind', async (t) => {
  const start = async (): Promise<ReturnType<typeof spawn>> => {
    const child = spawn(PROGRAM, ['run', '-a', 'hello', 'sleep 1000'], {
      env: { ...process.env, HOME },
      stdio: 'ignore',
    });
    await eventually('it runs', 60, async () => (await oneOffs()) !== '');
    return child;
  };
  (await start()).kill('SIGKILL');
  await eventually('gone with its client', 60, async () => (await oneOffs()) === '');

  const cut = await start();
  const ended = new Promise((resolve) => cut.once('exit', resolve));
  for (const { name } of on.context.machines) await on.sh(name, 'systemctl kill -s KILL deisd');
  t.equal(await ended, 125, 'the client is told');
  await eventually('gone with its daemon', 60, async () => (await oneOffs()) === '');
});
