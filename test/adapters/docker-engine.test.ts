// Docker's adapter against an Engine that fails in every way: away, hanging, busy, telling of its failure in the middle.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { rmSync } from 'node:fs';
import t, { type Test } from 'tap';
import { DockerEngine } from '../../src/adapters/docker-engine.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { codeOf, ContainerWitness } from '../ports/container-engine.contract.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

const signal = AbortSignal.timeout(60_000);
let sockets = 0;

/** An Engine whose answers the test gives; `asked` has `POST /images/create`, … */
async function engineWith(t: Test, handler: Handler) {
  const socket = `/tmp/deis-engine-${process.pid}-${(sockets += 1)}.sock`;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://engine');
    asked.push(`${request.method} ${url.pathname}`);
    handler(request, response, url);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
    rmSync(socket, { force: true });
  });
  return { asked, server, engine: new DockerEngine(systemClock, socket) };
}

const json = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
};

void t.test('an Engine that is not there is unavailable, whatever is asked', async (t) => {
  const engine = new DockerEngine(systemClock, '/tmp/deis-no-such.sock');
  const calls: Promise<unknown>[] = [
    engine.ping(signal),
    engine.imageExists('a:1', signal),
    engine.exposedPorts('a:1', signal),
    engine.containers({}, signal),
    engine.inspect('a', signal),
    engine.stop('a', 1, signal),
    engine.remove('a', signal),
    engine.pull('a:1', AbortSignal.timeout(200)),
  ];
  // All are looked after at once: whichever fails first must not be nobody's.
  await Promise.allSettled(calls);
  for (const call of calls.slice(0, -1)) t.equal(await codeOf(call), 'unavailable');
  await t.rejects(calls.at(-1)!, 'a pull goes on trying until its time is over');
});

void t.test('refusals keep the words of the Engine', async (t) => {
  const { engine } = await engineWith(t, (_request, response) =>
    json(response, 409, { message: 'removal is already in progress' }),
  );
  await t.rejects(engine.remove('a', signal), {
    code: 'conflict',
    message: /could not remove a: removal is already in progress$/,
  });
});

void t.test('one download for all who ask, tried again when it breaks off', async (t) => {
  let attempts = 0;
  const { engine, asked } = await engineWith(t, (_request, response, url) => {
    t.equal(url.searchParams.get('fromImage'), '127.0.0.1:5555/hello');
    t.equal(url.searchParams.get('tag'), 'sha256:0123');
    attempts += 1;
    response.writeHead(200);
    response.write('{"status":"Pulling"}\n');
    setTimeout(() => {
      if (attempts === 1) response.end('{"error":"connection reset by peer"}\n');
      else if (attempts === 2) response.destroy();
      else response.end('{"status":"done"}\n');
    }, 50);
  });
  const reference = '127.0.0.1:5555/hello@sha256:0123';
  await Promise.all([1, 2, 3].map(() => engine.pull(reference, signal)));
  t.equal(asked.length, 3, 'three attempts, not nine');
});

void t.test('an image that does not exist is not asked for again', async (t) => {
  const { engine, asked } = await engineWith(t, (_request, response) => {
    response.writeHead(200);
    response.end('{"errorDetail":{},"error":"manifest for hello:9 not found"}\n');
  });
  t.equal(await codeOf(engine.pull('hello:9', signal)), 'not-found');
  t.equal(asked.length, 1);
});

void t.test(
  'who stops waiting leaves the download to the others; the last one ends it',
  async (t) => {
    let broken = 0;
    const finish = Promise.withResolvers<void>();
    const { engine, asked } = await engineWith(t, (_request, response, url) => {
      response.writeHead(200);
      response.write('{"status":"Pulling"}\n');
      response.once('close', () => (broken += response.writableFinished ? 0 : 1));
      if (url.searchParams.get('tag') === '1') void finish.promise.then(() => response.end());
    });
    const first = new AbortController();
    const leaving = engine.pull('hello:1', first.signal);
    const staying = engine.pull('hello:1', signal);
    await new Promise((resolve) => setTimeout(resolve, 100));
    first.abort(new Error('not needed'));
    await t.rejects(leaving, new Error('not needed'));
    finish.resolve();
    await staying;
    t.strictSame([asked.length, broken], [1, 0]);

    const last = new AbortController();
    const alone = engine.pull('hello:2', last.signal);
    await new Promise((resolve) => setTimeout(resolve, 50));
    last.abort(new Error('not needed'));
    await t.rejects(alone, new Error('not needed'));
    for (let left = 100; broken === 0 && left > 0; left -= 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    t.equal(broken, 1);
  },
);

void t.test('events: told of a break, listed again, whatever the cause', async (t) => {
  let streams = 0;
  const { engine } = await engineWith(t, (_request, response, url) => {
    if (url.pathname === '/containers/json') return json(response, 200, []);
    streams += 1;
    if (streams === 1) return json(response, 500, { message: 'starting' });
    const asked = JSON.parse(url.searchParams.get('filters')!) as { event: string[] };
    t.strictSame(asked.event, ['start', 'oom', 'die', 'destroy'], 'all that observers are told');
    response.writeHead(200);
    const event = (Action: string, more: object = {}): string =>
      JSON.stringify({
        Type: 'container',
        Action,
        Actor: { ID: 'c1', Attributes: { name: 'a', image: 'i', 'deis.app': 'hello', ...more } },
      });
    response.write(`${event('start')}\n${event('exec_start: sh')}\n${event('oom')}\n`);
    response.write(event('die', { exitCode: '137' }));
    setTimeout(() => (streams === 2 ? response.destroy() : response.write('\n')), 50);
    return undefined;
  });
  const witness = new ContainerWitness();
  const stop = new AbortController();
  const watching = engine.watch({ 'deis.managed': '' }, witness, stop.signal);
  await witness.until('die a');
  stop.abort();
  await watching;
  t.strictSame(witness.said, [
    'snapshot',
    'start a',
    'oom a',
    'interrupted',
    'snapshot',
    'start a',
    'oom a',
    'die a',
  ]);
  t.strictSame(witness.last, {
    action: 'die',
    id: 'c1',
    name: 'a',
    labels: { 'deis.app': 'hello' },
    exitCode: 137,
  });
});

void t.test('an archive: what it brought, or why not', async (t) => {
  const file = `${t.testdir({ 'a.tar': 'bytes' })}/a.tar`;
  let answer = '{"stream":"Loaded image: deis/platform:1\\n"}\n';
  const { engine } = await engineWith(t, (request, response) => {
    request.resume().once('end', () => response.end(answer));
  });
  t.strictSame(await engine.loadArchive(file, signal), ['deis/platform:1']);
  answer = '{"errorDetail":{"message":"unexpected EOF"},"error":"unexpected EOF"}\n';
  await t.rejects(engine.loadArchive(file, signal), { code: 'refused', message: /unexpected EOF/ });
  await t.rejects(engine.loadArchive('/no/such.tar', signal), { code: 'not-found' });
});
