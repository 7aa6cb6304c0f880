// The PROXY protocol, as load balancers speak it and as others do: who speaks it is who it says, who does not is sent away at once,
// nobody waits for anybody, and the door for load balancers' checks does not need it.

import { connect } from 'node:net';
import t from 'tap';
import { get, until } from './http.ts';
import { makeBench, NO_ROUTES, startUpstream } from './nginx-bench.ts';

const bench = await makeBench((what) => t.teardown(what));
const app = await startUpstream('app', (what) => t.teardown(what));
const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: [app.address] } };
const { nginx, signal } = bench;
const on = bench.file({ proxyProtocol: 'true', proxyRealIpCidr: '127.0.0.0/8' });
await nginx.start(on, routes, () => t.fail('died'), signal);

const GET = 'GET /echo HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';

/** The client that the app was told; else the status; `cut`: no answer. */
function asked(...parts: (string | Buffer)[]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(bench.http, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined); // cut off: what was said until then counts
  socket.on('close', () => {
    const client = /"x-forwarded-for":"([^"]*)"/.exec(text)?.[1];
    resolve(client ?? /^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 'cut');
  });
  for (const part of parts) socket.write(part);
  return promise;
}

const V1 = 'PROXY TCP4 1.2.3.4 127.0.0.1 8080 80\r\n';
const V4 = Buffer.from('010203047f0000011f900050', 'hex');
const V6 = Buffer.from(
  '20010db8000000000000000000000001000000000000000000000000000000011f900050',
  'hex',
);

/** Version 2: signature, version and command, family, length, addresses. */
function second(family: number, rest: Buffer, command = 0x21, length = rest.length): Buffer {
  const head = [command, family, length >> 8, length & 255];
  return Buffer.concat([Buffer.from('0d0a0d0a000d0a515549540a', 'hex'), Buffer.from(head), rest]);
}
const later = (...args: Parameters<typeof second>): Buffer =>
  Buffer.concat([second(...args), Buffer.from(GET)]);

void t.test('headers of all kinds', async (t) => {
  const kinds: [name: string, sent: string | Buffer, answer: string][] = [
    ['version 1', V1 + GET, '1.2.3.4'],
    ['version 1, IPv6', `PROXY TCP6 2001:db8::1 ::1 8080 80\r\n${GET}`, '2001:db8::1'],
    ['unknown', `PROXY UNKNOWN\r\n${GET}`, '127.0.0.1'],
    ['an address that is none', `PROXY TCP4 1.2.3.999 127.0.0.1 1 80\r\n${GET}`, '127.0.0.1'],
    ['none', GET, 'cut'],
    ['cut off', 'PROXY TCP4 1.2.3', 'cut'],
    ['a port that is none', `PROXY TCP4 1.2.3.4 127.0.0.1 99999 80\r\n${GET}`, 'cut'],
    ['no return', `PROXY TCP4 1.2.3.4 127.0.0.1 8080 80\n${GET}`, 'cut'],
    ['huge', `PROXY TCP4 ${'1'.repeat(5000)}\r\n${GET}`, 'cut'],
    ['two', V1 + V1 + GET, '400'],
    ['version 2', later(0x11, V4), '1.2.3.4'],
    ['version 2, IPv6', later(0x21, V6), '2001:db8::1'],
    [
      'version 2, with more',
      later(0x11, Buffer.concat([V4, Buffer.from('04000100', 'hex')])),
      '1.2.3.4',
    ],
    ['version 2, a check', later(0x00, Buffer.alloc(0), 0x20), '127.0.0.1'],
    ['version 2, a socket', later(0x31, Buffer.alloc(216)), '127.0.0.1'],
    ['version 2, too short', second(0x11, V4.subarray(0, 4), 0x21, 12), 'cut'],
    ['version 2, a lie', later(0x11, V4, 0x21, 65_535), 'cut'],
    ['version 3', later(0x11, V4, 0x31), 'cut'],
    ['zeros', Buffer.alloc(300), 'cut'],
  ];
  await Promise.all(
    kinds.map(async ([name, sent, answer]) => t.equal(await asked(sent), answer, name)),
  );
});

void t.test('who says nothing holds up nobody, and checks need no header', async (t) => {
  const silent = Array.from({ length: 200 }, () => connect(bench.http, '127.0.0.1'));
  t.teardown(() => silent.forEach((socket) => socket.destroy()));
  for (const socket of silent) socket.on('error', () => undefined);
  await until(() => silent.every((socket) => !socket.connecting));
  t.equal(await asked(V1 + GET), '1.2.3.4');
  t.equal((await get(bench.health, 'x', { path: '/health-check' })).status, 200);
});

void t.test('switched off and on: who speaks as it is said is never refused', async (t) => {
  let [head, goesOn] = [V1, true];
  const answers: string[] = [];
  const steady = (async () => {
    // A load balancer that is changed when the routers have changed: what it began before is answered as before.
    while (goesOn) answers.push(await asked(head + GET));
  })();
  for (const [file, then] of [
    [bench.file(), ''],
    [on, V1],
  ] as const) {
    const held = connect(bench.http, '127.0.0.1');
    held.on('error', () => undefined);
    let heard = '';
    held.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
    held.write(`${head}GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    await until(async () => ((await nginx.state(signal)).busy.get(app.address) ?? 0) > 0);
    await nginx.reload(file, signal);
    head = then;
    const count = answers.length;
    await until(() => answers.length > count + 3);
    app.release();
    await until(() => heard.endsWith('app'), 5000);
    held.destroy();
  }
  goesOn = false;
  await steady;
  const good = answers.filter((answer) => answer === '1.2.3.4' || answer === '127.0.0.1');
  t.ok(good.length > 10, `${good.length} of ${answers.length}`);
  t.equal(answers.at(-1), '1.2.3.4');
});
