// One-off containers of a machine against an Engine that is none: streams, order, ends of all kinds, leftovers.

import { duplexPair } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { FrameStream } from '../../src/adapters/frame-stream.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { OneOffs } from '../../src/agent/one-off/one-offs.ts';
import { oneOffRequest } from '../../src/agent/one-off/container.ts';
import { jsonPayload, parsePayload } from '../../src/model/frames.ts';
import { FRAME, type RunOrder } from '../../src/model/run.ts';
import type { Container, ContainerEngine } from '../../src/ports/container-engine.ts';
import type { OneOffEngine, Output } from '../../src/ports/one-off-engine.ts';
import { quiet } from '../adapters/quiet-log.ts';
import { oneOffEngineContract } from '../ports/one-off-engine.contract.ts';
import { PretendStreams } from './pretend-streams.ts';

const ORDER: RunOrder = {
  id: 'one',
  process: {
    app: 'blog',
    release: 3,
    type: 'run',
    num: 7,
    image: '127.0.0.1:5555/blog@sha256:1',
    command: ['-c', 'x'],
    entrypoint: ['/bin/sh'],
    config: 'c',
    routed: false,
    port: null,
    check: { initialDelay: 0, timeout: 1, interval: 2, failures: 2 },
    memory: 1024,
    stopTimeout: 10,
    drainTimeout: 0,
  },
  stdin: true,
  detach: false,
  timeout: 60,
};
const signal = AbortSignal.timeout(60_000);
const text = (data: Uint8Array): string => Buffer.from(data).toString();

function stage(t: Test, containers: Partial<Container>[] = []) {
  const streams = new PretendStreams();
  const removed: string[] = [];
  const engine = {
    containers: async () => containers as Container[],
    remove: async (name: string) => void removed.push(name),
  } as unknown as ContainerEngine;
  const oneOffs = new OneOffs({
    engine,
    streams,
    values: async () => ({ SECRET: 'x' }),
    fetch: async (_order, tell) => tell('pulling the image'),
    isAlive: () => streams.alive,
    clock: systemClock,
    log: quiet,
  });
  const [near, far] = duplexPair();
  const caller = new FrameStream(near);
  const channel = new FrameStream(far);
  t.teardown(() => {
    caller.destroy();
    channel.destroy();
  });
  return { streams, removed, oneOffs, caller, channel };
}

async function framesUntilEnd(caller: FrameStream): Promise<string[]> {
  const seen: string[] = [];
  for (let frame = await caller.next(); frame; frame = await caller.next()) {
    const name = Object.entries(FRAME).find(([, kind]) => kind === frame.kind)![0];
    seen.push(`${name} ${text(frame.payload)}`);
  }
  return seen;
}

t.test('input goes in, output comes out in order, the code at the end', async (t) => {
  const { streams, removed, oneOffs, caller, channel } = stage(t);
  const done = oneOffs.serve(ORDER, channel, signal);
  await caller.send(FRAME.stdin, Buffer.from('one'));
  await caller.send(FRAME.resize, jsonPayload({ columns: 10, rows: 5 }));
  await caller.send(FRAME.resize, jsonPayload({ columns: -1, rows: 'x' }));
  await caller.send(FRAME.stdin, Buffer.from('two'));
  await caller.send(FRAME.stdinEnd, Buffer.alloc(0));
  const seen = await framesUntilEnd(caller);
  t.same(seen, [
    'status {"text":"pulling the image"}',
    'started {"container":"blog_v3.run.7"}',
    'stdout one',
    'stdout two',
    'stderr bye',
    'exit {"code":5}',
  ]);
  caller.destroy();
  await done;
  t.same(streams.did, ['create blog_v3.run.7', 'attach', 'start', 'resize 10x5']);
  t.same(removed, ['blog_v3.run.7']);
});

t.test('a signal reaches the command', async (t) => {
  const { streams, oneOffs, caller, channel } = stage(t);
  const done = oneOffs.serve(ORDER, channel, signal);
  await caller.send(FRAME.signal, jsonPayload({ signal: 'INT' }));
  await caller.send(FRAME.signal, jsonPayload({ signal: 'STOP' }));
  t.match(await framesUntilEnd(caller), { 2: 'exit {"code":130}' });
  caller.destroy();
  await done;
  t.ok(streams.did.includes('kill SIGINT'));
  t.notOk(streams.did.includes('kill SIGSTOP'));
});

t.test('a caller who goes away leaves nothing behind', async (t) => {
  const { removed, oneOffs, caller, channel } = stage(t);
  const done = oneOffs.serve(ORDER, channel, signal);
  while ((await caller.next())?.kind !== FRAME.started);
  await caller.end();
  await done;
  t.same(removed, ['blog_v3.run.7']);
});

t.test('an output that breaks off when nobody waits for it any more is no failure', async (t) => {
  const { streams, removed, oneOffs, caller, channel } = stage(t);
  const attach = streams.attach;
  streams.attach = async (...args) => {
    const attached = await attach(...args);
    async function* broken(): AsyncGenerator<Output> {
      yield* attached.output;
      await sleep(20);
      throw new Error('Premature close');
    }
    return { ...attached, output: broken() };
  };
  const wait: OneOffEngine['wait'] = (_id, until) =>
    new Promise<number>((_, reject) => {
      until.addEventListener('abort', () => reject(until.reason));
    });
  Object.assign(streams, { wait });
  const done = oneOffs.serve(ORDER, channel, signal);
  while ((await caller.next())?.kind !== FRAME.started);
  await caller.end();
  await done;
  await sleep(100);
  t.same(removed, ['blog_v3.run.7'], 'and the daemon lives on');
});

t.test('what takes too long is stopped, and told', async (t) => {
  const { removed, oneOffs, caller, channel } = stage(t);
  const done = oneOffs.serve({ ...ORDER, timeout: 1 }, channel, signal);
  t.match((await framesUntilEnd(caller)).at(-1), /^failure .*"timeout".*longer than 1 s/);
  caller.destroy();
  await done;
  t.same(removed, ['blog_v3.run.7']);
});

t.test(
  'output that nobody takes holds the command back, but is taken once it has ended',
  async (t) => {
    const { streams, oneOffs, caller, channel } = stage(t);
    const done = oneOffs.serve(ORDER, channel, signal);
    while ((await caller.next())?.kind !== FRAME.started);
    const block = Buffer.alloc(64 * 1024, 1);
    for (let count = 0; count < 40; count += 1) streams.say(block);
    await sleep(50);
    streams.end(0);
    await sleep(600);
    let bytes = 0;
    let code: unknown;
    for (let frame = await caller.next(); frame; frame = await caller.next()) {
      if (frame.kind === FRAME.stdout) bytes += frame.payload.length;
      if (frame.kind === FRAME.exit) code = parsePayload(frame)['code'];
    }
    t.equal(bytes, 40 * block.length);
    t.equal(code, 0);
    caller.destroy();
    await done;
  },
);

t.test('too many at once are refused before anything is begun', async (t) => {
  const { oneOffs, streams } = stage(t);
  const callers = Array.from({ length: 16 }, (_, number) => {
    const [near, far] = duplexPair();
    const caller = new FrameStream(near);
    const served = oneOffs.serve({ ...ORDER, id: `r${number}` }, new FrameStream(far), signal);
    return { caller, served };
  });
  const starts = (): number => streams.did.filter((what) => what === 'start').length;
  while (starts() < 16) await sleep(5);
  const [, far] = duplexPair();
  const channel = new FrameStream(far);
  const before = streams.did.length;
  await t.rejects(oneOffs.serve(ORDER, channel, signal), { code: 'unavailable' });
  t.equal(streams.did.length, before);
  channel.destroy();
  await Promise.all(callers.map(({ caller, served }) => Promise.all([caller.end(), served])));
});

t.test(
  'leftovers go: of a daemon that was killed, and what was detached and is over',
  async (t) => {
    const labels = (until?: number): Record<string, string> => ({
      'deis.managed': 'true',
      'deis.run': 'other',
      ...(until && { 'deis.run.until': String(until) }),
    });
    const { oneOffs, removed, caller, channel } = stage(t, [
      { name: 'left', labels: labels(), running: true },
      { name: 'detached', labels: labels(Date.now() + 60_000), running: true },
      { name: 'overdue', labels: labels(1), running: true },
      { name: 'over', labels: labels(Date.now() + 60_000), running: false },
    ]);
    const stop = new AbortController();
    const sweeping = oneOffs.run(stop.signal);
    while (removed.length < 3) await sleep(5);
    stop.abort();
    await sweeping;
    t.same(removed, ['left', 'overdue', 'over']);
    caller.destroy();
    channel.destroy();
  },
);

t.test('the container: config, limits, no log of what a person sees', async (t) => {
  const { name, request } = oneOffRequest(
    { ...ORDER, terminal: { columns: 80, rows: 24, term: 'vt100' } },
    'img:1',
    { A: '1' },
    0,
  );
  t.equal(name, 'blog_v3.run.7');
  t.match(request, {
    Image: 'img:1',
    Entrypoint: ['/bin/sh'],
    Cmd: ['-c', 'x'],
    Env: ['A=1', 'DEIS_APP=blog', 'DEIS_RELEASE=v3', 'TERM=vt100'],
    Tty: true,
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: { Memory: 1024, LogConfig: { Type: 'none' } },
  });
  const { Labels } = request as { Labels: Record<string, string> };
  t.equal(Labels['deis.run'], 'one');
  t.notOk('deis.unit' in Labels, 'no unit adopts it');
  const detached = oneOffRequest({ ...ORDER, detach: true }, 'img:1', {}, 99);
  t.match(detached.request, {
    Labels: { 'deis.run.until': '99' },
    HostConfig: { LogConfig: { Type: 'journald' } },
  });
});

t.test('the Engine of these tests keeps the contract', (t) =>
  oneOffEngineContract(t, new PretendStreams(), {}),
);
