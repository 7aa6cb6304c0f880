// What apps may want of their requests, at its edges: the last byte of a limit, addresses in every spelling, odd passwords, forged
// cookies, the largest maintenance page.

import { pbkdf2Sync } from 'node:crypto';
import { connect } from 'node:net';
import t from 'tap';
import { parseNetwork } from '../../src/model/network.ts';
import type { Policy } from '../../src/ports/web-server.ts';
import { get, until } from './http.ts';
import { makeBench, NO_ROUTES, startUpstream } from './nginx-bench.ts';

const bench = await makeBench((what) => t.teardown(what));
const upstreams = await Promise.all(
  ['one', 'two', 'three', 'four', 'five'].map((name) =>
    startUpstream(name, (what) => t.teardown(what)),
  ),
);
const all = upstreams.map(({ address }) => address);
const { nginx, http, signal } = bench;
const plain = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: all } };
const file = bench.file({ proxyRealIpCidr: '127.0.0.0/8', bodySize: '2k' });
await nginx.start(file, plain, () => t.fail('died'), signal);

const having = (policy: Policy, groups = plain.groups): Promise<void> =>
  nginx.commit({ ...plain, groups, policies: { a: policy } }, signal);

/** All that is answered to these bytes until the connection ends. */
function said(text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(http, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.on('error', () => undefined); // what was said until then counts
  socket.on('close', () => resolve(answer));
  socket.write(text, 'latin1');
  return promise;
}

/** Status and app of one answer. */
async function raw(text: string): Promise<string> {
  const answer = await said(text);
  const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? '';
  return `${status} ${/x-name: (\w+)/i.exec(answer)?.[1] ?? ''}`.trim();
}

void t.test('bodies: the last byte that may, the first that may not', async (t) => {
  const send = async (length: number, chunked: boolean): Promise<string> => {
    const how = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
    const body = 'x'.repeat(length);
    const sent = chunked ? `${length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body;
    const answer = await raw(
      `POST / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n${how}\r\n\r\n${sent}`,
    );
    return answer.slice(0, 3);
  };
  for (const body of [undefined, 1000, 1024 ** 2, 2 * 1024 ** 2]) {
    await having(body === undefined ? {} : { body });
    const limit = body ?? 2048;
    t.same([await send(limit, false), await send(limit, true)], ['200', '200'], `${limit}`);
    t.same(
      [await send(limit + 1, false), await send(limit + 1, true)],
      ['413', '413'],
      `${limit} + 1`,
    );
  }
});

void t.test('addresses of IPv4, of IPv6, and of IPv4 as IPv6 writes them', async (t) => {
  for (const [ip, network, status] of [
    ['10.1.2.3', '10.0.0.0/8', 200],
    ['::ffff:10.1.2.3', '10.0.0.0/8', 200],
    ['::ffff:11.1.2.3', '10.0.0.0/8', 403],
    ['10.1.2.3', '::ffff:10.0.0.0/104', 200],
    ['10.1.2.3', '::ffff:a01:203', 200],
    ['2001:DB8:0:0::1', '2001:db8::/32', 200],
    ['2001:db9::1', '2001:db8::/32', 403],
    ['::1', '0.0.0.0/0', 403],
    ['1.2.3.4, 10.1.2.3', '1.2.3.4', 403], // what a client says of itself
  ] as const) {
    await having({ allow: [parseNetwork(network)!] });
    const headers = { 'x-forwarded-for': ip };
    t.equal((await get(http, 'a.test', { headers })).status, status, `${ip} in ${network}`);
  }
});

void t.test('odd names and passwords', async (t) => {
  const salt = Buffer.from('0011223344556677', 'hex');
  for (const [name, password] of [
    ['größe', 'pässwörd 🔑'],
    ['%41+&=', ':::%%"\'\\'],
    ['-', ' '],
    ['x'.repeat(64), 'y'.repeat(256)],
  ] as const) {
    const hash = pbkdf2Sync(password, salt, 1000, 32, 'sha256').toString('hex');
    await having({ auth: `${name}:pbkdf2-sha256:1000:${salt.toString('hex')}:${hash}` });
    const ask = async (scheme: string, words: string): Promise<number> => {
      const authorization = `${scheme} ${Buffer.from(words).toString('base64')}`;
      return (await get(http, 'a.test', { headers: { authorization } })).status;
    };
    t.equal(await ask('Basic', `${name}:${password}`), 200, name);
    t.equal(await ask('BASIC', `${name}:${password}`), 200, 'the scheme in any case');
    t.equal(await ask('Basic', `${name}:${password}\0`), 401);
    t.equal(await ask('Bearer', `${name}:${password}`), 401);
  }
});

void t.test('the largest maintenance page', async (t) => {
  const page = `<script>%</script>${'🔧'.repeat(4091)}\n`;
  t.ok(Buffer.byteLength(page) > 16_380);
  await having({ maintenance: page });
  t.match(await get(http, 'a.test'), { status: 503, text: page });
});

void t.test('a thousand visitors come to all containers, the same ones to the same', async (t) => {
  // All on one connection, one after the other.
  const homes = async (visitors: number): Promise<string[]> => {
    const asked = Array.from({ length: visitors }, (_, visitor) => {
      const last = visitor === visitors - 1 ? 'Connection: close\r\n' : '';
      return `GET / HTTP/1.1\r\nHost: a.test\r\nCookie: sid=visitor-${visitor}\r\n${last}\r\n`;
    });
    return [...(await said(asked.join(''))).matchAll(/x-name: (\w+)/gi)].map(([, name]) => name!);
  };
  const affinity = { kind: 'cookie' as const, name: 'sid' };
  await having({ affinity }, { a: all.slice(0, 4) });
  const before = await homes(1000);
  const share = (name: string): number => before.filter((one) => one === name).length;
  for (const { name } of upstreams.slice(0, 4)) {
    t.ok(share(name) > 190 && share(name) < 310, `${name}: ${share(name)} of 1000`);
  }
  await having({ affinity }, { a: all.slice(0, 3) });
  const after = await homes(200);
  t.equal(after.length, 200);
  const moved = after.filter((home, index) => before[index] !== 'four' && before[index] !== home);
  t.equal(moved.length, 0, 'one less moves only its own visitors');
});

void t.test('cookies as a stranger might send them', async (t) => {
  await having({ affinity: { kind: 'cookie', name: 'sid' } });
  const seen = async (cookie: string, times = 10): Promise<string[]> => {
    const found: string[] = [];
    for (let time = 0; time < times; time += 1) {
      found.push(
        await raw(
          `GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nCookie: ${cookie}\r\n\r\n`,
        ),
      );
    }
    return [...new Set(found)].sort();
  };
  const spread = ['200 five', '200 four', '200 one', '200 three', '200 two'];
  t.same(await seen('sid='), spread, 'empty: in turn');
  t.same(await seen('xsid=1; other=2'), spread, 'another one: in turn');
  for (const cookie of [
    `sid=${'x'.repeat(7000)}`,
    'sid=%00%ff\xff\xfe',
    'sid="a b"',
    'sid=1 2 3',
  ]) {
    const found = await seen(cookie, 4);
    t.equal(found.length, 1, cookie.slice(0, 20));
    t.match(found[0], /^200 /, cookie.slice(0, 20));
  }
  t.same(await seen('sid=1; sid=2; sid=3', 4), await seen('sid=1', 1), 'the first of many');
  t.same(await seen('sid=\x01', 1), ['400']);
});

void t.test('the chosen container is down, or does not answer', async (t) => {
  const affinity = { kind: 'arg' as const, name: 'user' };
  const [dead] = ['127.0.0.1:1'];
  await having({ affinity }, { a: [all[0]!, dead!] });
  const ask = async (user: number): Promise<string> =>
    (await get(http, 'a.test', { path: `/?user=${user}` })).text;
  const answers = await Promise.all(Array.from({ length: 30 }, (_, user) => ask(user)));
  t.same([...new Set(answers)], ['one'], 'nobody notices');
  await until(async () => (await nginx.state(signal)).busy.size === 0);
});
