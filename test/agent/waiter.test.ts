// The waiter against an Engine that goes away, forgets and lies, with real processes as containers.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { waiterFiles } from '../../src/agent/waiter-files.ts';
import type { ContainerSpec } from '../../src/model/container-spec.ts';
import { PretendEngine } from './pretend-engine.ts';

const WAITER = join(import.meta.dirname, '../../src/agent/waiter');
const UNIT = 'app_v1.web.1.service';
const NAME = 'app_v1.web.1';

const SPEC: ContainerSpec = {
  unit: UNIT,
  name: NAME,
  image: 'app:1',
  command: ['sleep', '1000'],
  environment: {},
  app: 'app',
  process: 'web.1',
  release: 1,
  network: 'bridge',
  ports: [],
  volumes: [],
  capabilities: [],
  stopTimeout: 2,
};

interface Waiter {
  ended: Promise<{ code: number | null; said: string }>;
  stop(signal?: NodeJS.Signals): void;
}

/** A machine of one unit: its directories, its Engine, its waiters. */
async function machine(t: Test, spec: Partial<ContainerSpec> = {}) {
  const home = t.testdir({});
  const socket = `/tmp/deis-waiter-${process.pid}-${Math.trunc(performance.now())}.sock`;
  const engine = new PretendEngine(socket);
  await engine.open();
  mkdirSync(join(home, 'units'));
  const write = (changes: Partial<ContainerSpec>): void => {
    for (const file of waiterFiles({ ...SPEC, ...changes }, join(home, 'units'))) {
      writeFileSync(file.path, file.content, { mode: file.mode });
    }
  };
  write(spec);
  const running: Waiter[] = [];
  const start = (): Waiter => {
    const env = {
      PATH: process.env['PATH'],
      DEIS_ENGINE_SOCKET: socket,
      DEIS_UNITS: join(home, 'units'),
      DEIS_RUN: join(home, 'run'),
    };
    const child = spawn(WAITER, [UNIT], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    const ended = once(child, 'exit').then(([code]) => ({ code: code as number | null, said }));
    const waiter = { ended, stop: (signal: NodeJS.Signals = 'SIGTERM') => void child.kill(signal) };
    running.push(waiter);
    return waiter;
  };
  t.teardown(async () => {
    for (const waiter of running) waiter.stop('SIGKILL');
    await engine.close();
  });
  return { engine, start, write, run: join(home, 'run') };
}

async function until(what: () => boolean, words: string): Promise<void> {
  for (let left = 400; !what(); left -= 1) {
    if (left === 0) throw new Error(`never came true: ${words}`);
    await delay(25);
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

void t.test('makes the container, passes the stop signal on, leaves nothing', async (t) => {
  const { engine, start, run } = await machine(t);
  const waiter = start();
  await until(() => existsSync(join(run, 'containers', UNIT)), 'it runs and is remembered');
  const pid = engine.pidOf(NAME);
  waiter.stop();
  t.match(await waiter.ended, { code: 0 });
  t.notOk(isAlive(pid));
  t.strictSame(
    engine.did,
    ['create', 'start', 'stop', 'delete'].map((verb) => `${verb} ${NAME}`),
  );
});

void t.test('passes the exit code on', async (t) => {
  const { start } = await machine(t, { command: ['sh', '-c', 'sleep 0.3; exit 7'] });
  t.match(await start().ended, { code: 7, said: /ended with code 7/ });
});

void t.test('a waiter that was killed leaves the container, the next one adopts it', async (t) => {
  const { engine, start, run } = await machine(t);
  const first = start();
  await until(() => existsSync(join(run, 'containers', UNIT)), 'remembered');
  const pid = engine.pidOf(NAME);
  first.stop('SIGKILL');
  await first.ended;
  const second = start();
  await delay(500);
  t.equal(engine.pidOf(NAME), pid);
  second.stop();
  t.match(await second.ended, { code: 0 });
  t.strictSame(engine.did.slice(0, 3), [`create ${NAME}`, `start ${NAME}`, `stop ${NAME}`]);
});

void t.test('adopts also when its own memory of the container is lost', async (t) => {
  const { engine, start, run } = await machine(t);
  const first = start();
  await until(() => existsSync(join(run, 'containers', UNIT)), 'remembered');
  first.stop('SIGKILL');
  await first.ended;
  const { rmSync } = await import('node:fs');
  rmSync(join(run, 'containers', UNIT));
  start();
  await until(() => existsSync(join(run, 'containers', UNIT)), 'remembered again');
  t.strictSame(engine.did, [`create ${NAME}`, `start ${NAME}`]);
});

void t.test('replaces a container of another spec', async (t) => {
  const { engine, start, run, write } = await machine(t);
  const first = start();
  await until(() => existsSync(join(run, 'containers', UNIT)), 'remembered');
  const old = engine.pidOf(NAME);
  first.stop('SIGKILL');
  await first.ended;
  write({ environment: { NEW: 'value' } });
  start();
  await until(() => engine.did.length === 6, 'replaced');
  const verbs = engine.did.map((line) => line.split(' ')[0]);
  t.strictSame(verbs, ['create', 'start', 'stop', 'delete', 'create', 'start']);
  t.notOk(isAlive(old));
});

void t.test('the Engine goes away and comes back: the same process runs on', async (t) => {
  const { engine, start, run } = await machine(t);
  const waiter = start();
  await until(() => existsSync(join(run, 'containers', UNIT)), 'remembered');
  const pid = engine.pidOf(NAME);
  await engine.away();
  await delay(300);
  t.ok(isAlive(pid));
  await engine.open();
  await delay(1500);
  t.strictSame(engine.did, [`create ${NAME}`, `start ${NAME}`]);
  process.kill(pid, 'SIGKILL');
  t.match(await waiter.ended, { code: 137 }, 'it is attached again and hears of the end');
});

void t.test('without the Engine a new waiter still adopts a living process', async (t) => {
  const { engine, start, run } = await machine(t);
  const first = start();
  await until(() => existsSync(join(run, 'containers', UNIT)), 'remembered');
  const pid = engine.pidOf(NAME);
  await engine.away();
  first.stop('SIGKILL');
  await first.ended;
  const second = start();
  await delay(600);
  t.ok(isAlive(pid));
  second.stop();
  t.match(await second.ended, { code: 0, said: /process \d+ lives on[^]*signalling process/ });
  t.notOk(isAlive(pid), 'and it can stop it without the Engine');
});

void t.test('a process that ignores SIGTERM is killed after the stop timeout', async (t) => {
  const stubborn = ['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'];
  const { engine, start, run } = await machine(t, { command: stubborn, stopTimeout: 1 });
  const waiter = start();
  await until(() => existsSync(join(run, 'containers', UNIT)), 'remembered');
  const pid = engine.pidOf(NAME);
  await engine.away();
  const asked = performance.now();
  waiter.stop();
  t.match(await waiter.ended, { code: 0 });
  t.notOk(isAlive(pid));
  t.ok(performance.now() - asked < 5000);
});

void t.test('an Engine that calls a living container ended is not believed', async (t) => {
  const { engine, start, run } = await machine(t);
  const first = start();
  await until(() => existsSync(join(run, 'containers', UNIT)), 'remembered');
  const pid = engine.pidOf(NAME);
  first.stop('SIGKILL');
  await first.ended;
  engine.confused = true;
  const second = start();
  await delay(800);
  t.ok(isAlive(pid));
  t.strictSame(engine.did, [`create ${NAME}`, `start ${NAME}`]);
  second.stop('SIGKILL');
  t.match((await second.ended).said, /lives on/);
});

void t.test('an Engine that forgot a living container does not get a second one', async (t) => {
  const { engine, start, run } = await machine(t);
  const first = start();
  await until(() => existsSync(join(run, 'containers', UNIT)), 'remembered');
  const kept = engine.containers.get(NAME)!;
  first.stop('SIGKILL');
  await first.ended;
  engine.containers.clear();
  const second = start();
  await delay(800);
  t.ok(engine.isRunning(kept));
  t.equal(engine.did.filter((line) => line.startsWith('create')).length, 1);
  second.stop();
  // Told to stop between two questions it says the first, in the middle of one the second: either way it signals the process.
  const said = /does not know the container|signalling process/;
  t.match(await second.ended, { code: 0, said });
  t.notOk(engine.isRunning(kept));
});

void t.test('fast exits are followed by growing pauses, a stop forgets them', async (t) => {
  const { engine, start, run } = await machine(t, { command: ['sh', '-c', 'exit 3'] });
  for (const times of [1, 2]) {
    t.match(await start().ended, { code: 3 });
    t.match(readFileSync(join(run, 'backoff', UNIT), 'utf8'), new RegExp(`^${times} \\d+ 3`));
  }
  const before = performance.now();
  const third = start();
  await until(() => engine.did.filter((line) => line.startsWith('start')).length === 3, 'third');
  t.ok(performance.now() - before > 900, 'the third start waits for a second or two');
  await third.ended;
  const fourth = start();
  await delay(200);
  fourth.stop();
  t.match(await fourth.ended, { code: 0 }, 'a waiter that only waits stops at once');
  t.notOk(existsSync(join(run, 'backoff', UNIT)));
});

void t.test('pulls an image that is not here; says so when it cannot', async (t) => {
  const { engine, start, run } = await machine(t, { image: 'far/away:2' });
  t.match(await start().ended, { code: 1, said: /far\/away:2 cannot be pulled/ });
  engine.remote.add('far/away:2');
  start();
  await until(() => existsSync(join(run, 'containers', UNIT)), 'runs');
  t.ok(engine.did.includes('pull far/away:2'));
});

void t.test("the Engine's refusal is told", async (t) => {
  const { engine, start } = await machine(t);
  engine.refuseStart = 'driver failed: "port" is already allocated';
  t.match(await start().ended, { code: 1, said: /500 driver failed: .*is already allocated/ });
});

void t.test('values of the app cannot pose as fields of the Engine', async (t) => {
  const value = '"Running":true,"Pid":1,"deis.digest":"x","StatusCode":9\n"status":500';
  const environment = { '"Running":true': '1', A: value, BIG: 'x'.repeat(65_536) };
  const command = ['sh', '-c', 'sleep 0.5; exit 4', '"Pid":1', '"Id":"evil"'];
  const { start } = await machine(t, { environment, command });
  t.match(await start().ended, { code: 4 });
});

void t.test('without a spec it says so', async (t) => {
  const { start } = await machine(t, { unit: 'other.service' });
  t.match(await start().ended, { code: 78, said: /no container spec/ });
});
