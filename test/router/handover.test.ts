// Reloads: connections of the old workers – idle, busy, upgraded, in the middle of an answer – live on, and the old workers end.

import { createServer, type Server } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { manualClock } from '../../src/adapters/manual-clock.ts';
import { askControl } from '../../src/adapters/nginx-control.ts';
import { NginxHandover } from '../../src/adapters/nginx-handover.ts';
import { parseState } from '../../src/adapters/nginx-lines.ts';
import { processFacts, sessionMembers } from '../../src/adapters/nginx-process.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { quiet } from '../adapters/quiet-log.ts';
import { get, stream, until } from './http.ts';
import { type Bench, makeBench, makeFolder, NO_ROUTES } from './nginx-bench.ts';

interface Talk {
  socket: Socket;
  text: () => string;
  /** Sends a request and resolves with all that came after it until it is whole. */
  ask: (path?: string) => Promise<string>;
}

/** One connection of a client that does not retry. */
function talk(port: number): Talk {
  const socket = connect({ port, host: '127.0.0.1' });
  let text = '';
  let failure: Error | undefined;
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', (error) => (failure = error));
  const ask = async (path = '/'): Promise<string> => {
    text = '';
    if (socket.destroyed) throw failure ?? new Error('the connection was closed');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    await until(() => failure !== undefined || socket.readableEnded || isWhole(text), 10_000);
    if (!isWhole(text)) throw failure ?? new Error(`closed after ${text.length} bytes`);
    return text;
  };
  return { socket, text: () => text, ask };
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(text)?.[1];
  return end > 0 && length !== undefined && text.length >= end + 4 + Number(length);
}

/** `/` answers at once, `/download` 300 kB over a second and a half, an upgrade echoes. */
async function startApp(teardown: (what: () => unknown) => void): Promise<string> {
  const open = new Set<{ destroy: () => void }>();
  const server: Server = createServer((request, response) => {
    const parts = request.url === '/download' ? 15 : 1;
    response.setHeader('content-length', parts * 20_000);
    const part = Buffer.alloc(20_000, 'x');
    let sent = 0;
    const next = (): void => {
      sent += 1;
      if (sent === parts) return void response.end(part);
      response.write(part);
      setTimeout(next, 100);
    };
    next();
  });
  server.on('upgrade', (_request, socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n');
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  teardown(() => {
    for (const socket of open) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function upgraded(port: number): Promise<Talk> {
  const one = talk(port);
  one.socket.write('GET / HTTP/1.1\r\nHost: a.test\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n');
  await until(() => one.text().includes('101 Switching'));
  return one;
}

/** Status of one request on this session. */
function askHttp2(session: ClientHttp2Session): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = session.request({ ':authority': 'a.test', ':path': '/' });
    sent.on('error', reject).on('response', (headers) => resolve(headers[':status']));
    sent.resume();
  });
}

const workersOf = ({ nginx }: Bench): number[] =>
  sessionMembers(Number(readFileSync(nginx.layout.pid, 'utf8')));

/** Hundredths of a second of processor time, proc(5): fields 14 and 15. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

void t.test('reloads touch no connection', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const app = await startApp((what) => t.teardown(what));
  const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: [app] } };
  const { nginx, signal, http } = bench;
  await nginx.start(bench.file(), routes, () => t.fail('died'), signal);
  const first = workersOf(bench);
  const socket = await upgraded(http);
  const session = connectHttp2(`https://127.0.0.1:${bench.https}`, { rejectUnauthorized: false });
  session.on('error', (error: Error) => t.fail(error.message));
  t.equal(await askHttp2(session), 200);
  const load = stream(() => http, 'a.test', 100, 25);
  const took: number[] = [];
  for (let reload = 0; reload < 3; reload += 1) {
    const idle = Array.from({ length: 20 }, () => talk(http));
    for (const one of idle) await one.ask();
    const downloads = Array.from({ length: 5 }, () => talk(http));
    const whole = downloads.map((one) => one.ask('/download'));
    await delay(200);
    const began = performance.now();
    await nginx.reload(bench.file({ bodySize: `${reload + 2}m` }), signal);
    took.push(Math.round(performance.now() - began));
    const answers = await Promise.all(idle.map((one) => one.ask()));
    t.equal(answers.filter((text) => /connection: close/i.test(text)).length, 20, 'told to go');
    t.equal(await askHttp2(session), 200, 'HTTP/2, too');
    await Promise.all(whole);
    await Promise.all(downloads.map((one) => one.ask())); // their answers had promised to stay open
  }
  await load.end();
  t.same(load.failures, []);
  t.ok(load.sent > 200, `${load.sent} requests`);
  t.ok(Math.max(...took) < 8000, `reloads took ${took.join(', ')} ms`);

  session.close();
  t.comment('the old workers go when nobody needs them');
  const left = (): number => workersOf(bench).filter((pid) => first.includes(pid)).length;
  await until(() => left() <= 1, 30_000);
  socket.socket.write('still here?');
  await until(() => socket.text().endsWith('still here?'));
  const [held] = workersOf(bench).filter((pid) => first.includes(pid));
  const before = ticksOf(held!);
  await delay(1000);
  const ticks = ticksOf(held!) - before;
  t.ok(ticks <= 3, `an old worker sleeps while nothing happens (${ticks} hundredths of a second)`);
  socket.socket.destroy();
  await until(() => workersOf(bench).length === 2, 30_000);
  t.equal((await get(http, 'a.test')).status, 200);
});

void t.test('an order that is heard late counts once', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const { nginx, signal } = bench;
  await nginx.start(bench.file(), NO_ROUTES, () => t.fail('died'), signal);
  const order = (): Promise<unknown> =>
    askControl(nginx.layout.control, 'PUT', '/reload?attempt=x', '', signal);
  const phases = async (): Promise<string[]> => {
    const { text } = await askControl(nginx.layout.control, 'GET', '/state', '', signal);
    return parseState(text).workers.map(({ phase }) => phase);
  };
  await order();
  await until(async () => (await phases()).every((phase) => phase === 'deaf'));
  await nginx.reload(bench.file({ bodySize: '2m' }), signal);
  const new2 = async () => (await phases()).filter((phase) => phase === '-').length === 2;
  t.ok(await new2());
  await order();
  await delay(500);
  t.ok(await new2(), 'the new workers hear their master as before');
});

void t.test('a busy box gets its time: no reload before every worker is deaf', async (t) => {
  const prefix = makeFolder();
  const control = join(prefix, 'control.sock');
  const server = createServer((_, answer) => answer.end()).listen(control);
  t.teardown(() => server.close());
  const clock = manualClock();
  const { startedAt } = processFacts(process.pid)!;
  const worker = { id: `${process.pid}-${startedAt}`, file: 'x', view: 1, phase: '-' };
  const workers = () => Promise.resolve([worker]);
  const handover = new NginxHandover({ control, workers, clock, log: quiet });
  let done = false;
  const deafened = handover.deafen(new AbortController().signal).then(() => (done = true));
  await until(() => clock.sleeping === 1);
  for (let second = 0; second < 10; second += 1) await clock.advance(1000);
  t.notOk(done);
  worker.phase = 'deaf';
  await clock.advance(1000);
  await deafened;
});
