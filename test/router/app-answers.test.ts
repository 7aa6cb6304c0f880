// Answers as an app might give them, byte for byte: the client gets one clean answer or a closed connection, and whoever comes next on
// a connection hears nothing of them. And events, uploads and downloads that take their time.

import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { get, until } from './http.ts';
import { makeBench, NO_ROUTES } from './nginx-bench.ts';

const bench = await makeBench((what) => t.teardown(what));
const { nginx, http, signal } = bench;
/** What the app answers by path, and which of its connections wait at /wait. */
const answers = new Map<string, string>();
const waiting: { socket: Socket; head: string }[] = [];
const app = createServer((socket) => {
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    const path = text.split(' ')[1] ?? '';
    if (!text.includes('\r\n\r\n')) return;
    if (path === '/wait') waiting.push({ socket, head: text });
    else
      socket.end(answers.get(path) ?? 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes', 'latin1');
  });
}).listen(0, '127.0.0.1');
await new Promise((resolve) => app.once('listening', resolve));
t.teardown(() => app.close());
const address = `127.0.0.1:${(app.address() as AddressInfo).port}`;
const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: [address] } };
await nginx.start(bench.file(), routes, () => t.fail('died'), signal);

/** Asks for this, and then for something good, over one connection; resolves with all that came when it ended or the second answer is there. */
function asked(path: string, method = 'GET'): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(http, '127.0.0.1');
  let text = '';
  let again = false;
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (text.endsWith('yes')) socket.destroy();
    else if (!again)
      setTimeout(() => socket.write('GET /good HTTP/1.1\r\nHost: a.test\r\n\r\n'), 50);
    again = true;
  });
  socket.on('error', () => undefined); // closed: what came until then counts
  socket.on('close', () => resolve(text));
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
  return promise;
}

const EVIL = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
const fields = (...lines: string[]): string => `HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\n`;

void t.test('answers that are none', async (t) => {
  const kinds: [name: string, answer: string, first: number, goesOn: boolean][] = [
    ['too long', `${fields('Content-Length: 2')}ok${EVIL}`, 200, true],
    ['204 with a body', `HTTP/1.1 204 No\r\n\r\n${EVIL}`, 204, true],
    ['304 with a body', `HTTP/1.1 304 No\r\n\r\n${EVIL}`, 304, true],
    [
      'chunks and length',
      fields('Content-Length: 1', 'Transfer-Encoding: chunked') + '0\r\n\r\n',
      200,
      true,
    ],
    ['cut off', `${fields('Content-Length: 99')}half`, 200, false],
    ['cut off in chunks', `${fields('Transfer-Encoding: chunked')}5\r\nhello\r\n`, 200, false],
    ['a zero in a field', fields('X: a\0b', 'Content-Length: 0'), 502, false],
    ['no colon', fields('hello there', 'Content-Length: 0'), 502, false],
    ['a field of 30 KB', fields(`X: ${'x'.repeat(30_000)}`, 'Content-Length: 0'), 502, false],
    ['nothing', '', 502, false],
    ['a location of ours', fields('X-Accel-Redirect: @body_0', 'Content-Length: 0'), 200, true],
  ];
  for (const [name, answer] of kinds) answers.set(`/${name.replaceAll(' ', '-')}`, answer);
  await Promise.all(
    kinds.map(async ([name, , first, goesOn]) => {
      const text = await asked(`/${name.replaceAll(' ', '-')}`);
      t.match(text, new RegExp(`^HTTP/1.1 ${first} `), name);
      t.equal(text.endsWith('yes'), goesOn, `${name}: the connection goes on`);
      t.notMatch(text, 'evil', name);
      if (first === 502) t.match(text, /X-Request-Id: .*The app did not answer properly/s, name);
    }),
  );
});

void t.test('bytes that end nowhere end the connection', async (t) => {
  const kinds = {
    '/hello': 'HELLO\r\n\r\n',
    '/no-status': 'HTTP/1.1 \r\n\r\n',
    '/hints': `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${EVIL}`,
    '/continue': `HTTP/1.1 100 Continue\r\n\r\n${EVIL}`,
    '/upgrade': `HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n${EVIL}`,
  };
  for (const [path, answer] of Object.entries(kinds)) {
    answers.set(path, answer);
    t.notOk((await asked(path)).endsWith('yes'), `${path}: nobody comes next`);
  }
  t.equal((await nginx.state(signal)).busy.size, 0);
});

void t.test('a HEAD has no body, whatever the app says', async (t) => {
  answers.set('/head', `${fields('Content-Length: 4')}evil`);
  const text = await asked('/head', 'HEAD');
  t.ok(text.endsWith('yes'));
  t.notMatch(text, 'evil');
});

void t.test('events come one by one, a large download in its own time', async (t) => {
  const socket = connect(http, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.write('GET /wait HTTP/1.1\r\nHost: a.test\r\nRange: bytes=0-9\r\n\r\n');
  await until(() => waiting.length === 1);
  const { socket: own, head } = waiting.pop()!;
  t.match(head, 'Range: bytes=0-9', 'it is the app that cuts out ranges');
  own.write(fields('Content-Type: text/event-stream'));
  for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
    own.write(event);
    await until(() => text.includes(event), 5000);
  }
  t.equal((await nginx.state(signal)).busy.get(address), 1);
  const [chunk, count] = ['x'.repeat(100_000), 200];
  socket.pause();
  for (let sent = 0; sent < count; sent += 1) own.write(chunk);
  socket.resume();
  own.end();
  await until(() => text.endsWith('0\r\n\r\n'), 10_000);
  t.ok(text.length > count * chunk.length, 'all of it came');
  await until(async () => (await nginx.state(signal)).busy.size === 0);
  socket.destroy();
});

void t.test(
  'an upload is kept until it is whole; an answer before its end is an answer',
  async (t) => {
    const socket = connect(http, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.write(
      'POST /wait HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n',
    );
    for (let piece = 0; piece < 5; piece += 1) socket.write('1\r\nb\r\n');
    t.equal((await get(http, 'a.test')).text, 'yes', 'others are answered');
    t.equal(waiting.length, 0, 'the app does not wait with a slow client');
    socket.write('0\r\n\r\n');
    await until(() => waiting.length === 1);
    const { socket: own, head } = waiting.pop()!;
    t.match(head, 'Content-Length: 6');
    own.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    await until(() => text.endsWith('no'));
    socket.destroy();
    const large = await get(http, 'a.test', {
      method: 'POST',
      path: '/good',
      body: 'x'.repeat(900_000),
    });
    t.match(large, { status: 200, text: 'yes' });
  },
);

void t.test('an app that dies under open web sockets', async (t) => {
  const open = Array.from({ length: 10 }, () => connect(http, '127.0.0.1'));
  let closed = 0;
  for (const socket of open) {
    socket.on('error', () => undefined).on('close', () => (closed += 1));
    socket.write(
      'GET /wait HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
    );
    socket.resume();
  }
  await until(() => waiting.length === open.length);
  const running = async (): Promise<number> => (await nginx.state(signal)).busy.get(address) ?? 0;
  for (const { socket } of waiting) {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
  }
  t.equal(await running(), open.length);
  open.pop()!.end(); // half closed: the other half ends with it
  open.pop()!.resetAndDestroy();
  await until(async () => (await running()) === open.length);
  for (const { socket } of waiting.splice(0)) socket.resetAndDestroy();
  await until(() => closed === open.length + 2);
  t.equal(await running(), 0);
});
