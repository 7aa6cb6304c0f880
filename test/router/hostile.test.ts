// Requests as a stranger might send them, byte for byte: each ends in one clean answer, and no app sees what was meant for another.

import { connect } from 'node:net';
import t from 'tap';
import { get, until } from './http.ts';
import { makeBench, NO_ROUTES, startUpstream } from './nginx-bench.ts';

const bench = await makeBench((what) => t.teardown(what));
const app = await startUpstream('a', (what) => t.teardown(what));
const other = await startUpstream('b', (what) => t.teardown(what));
const tunnel = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n';
app.server.on('upgrade', (_request, socket) => socket.end(tunnel));
await bench.nginx.start(
  bench.file(),
  {
    ...NO_ROUTES,
    hosts: {
      'a.test': 'a',
      'b.test': 'b',
      'xn--bcher-kva.test': 'b',
      'empty.test': 'empty',
      'away.test': 'away',
      'deis.test': 'deis',
    },
    groups: {
      a: [app.address],
      b: [other.address],
      empty: [],
      away: ['127.0.0.1:1'],
      deis: ['127.0.0.1:1'],
    },
  },
  () => t.fail('died'),
  bench.signal,
);

/** All that comes until the other side ends, or nothing more is said. */
function raw(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(bench.http, '127.0.0.1');
    let answer = '';
    let quiet = setTimeout(() => socket.destroy(), 5000);
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      clearTimeout(quiet);
      quiet = setTimeout(() => socket.destroy(), 1500);
    });
    socket.on('error', () => undefined); // what was said until then counts
    socket.on('close', () => {
      clearTimeout(quiet);
      resolve(answer);
    });
    socket.write(text);
  });
}

const statuses = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
const names = (text: string): string =>
  [...text.matchAll(/^x-name: (\w)/gim)].map(([, name]) => name).join('');

const line = (first: string, ...headers: string[]): string =>
  `${[first, ...headers].join('\r\n')}\r\n\r\n`;
const asked = (host: string, ...headers: string[]): string =>
  line('GET / HTTP/1.1', `Host: ${host}`, ...headers);
const posted = (headers: string[], body: string): string =>
  line('POST / HTTP/1.1', 'Host: a.test', ...headers) + body;
const CHUNKED = 'Transfer-Encoding: chunked';
const x = (count: number): string => 'x'.repeat(count);

/** What is sent, the statuses that come back, and which apps answered. */
const CASES: [name: string, sent: string, statuses: number[], apps: string][] = [
  ['upper case', asked('A.TEST'), [200], 'a'],
  ['a dot at the end', asked('a.test.'), [200], 'a'],
  ['a port', asked('a.test:8080'), [200], 'a'],
  ['both', asked('A.test.:8080'), [200], 'a'],
  ['an IPv6 literal', asked('[::1]:80'), [404], ''],
  ['an IPv4 address', asked('127.0.0.1'), [404], ''],
  ['nobody', asked('nobody.test'), [404], ''],
  ['punycode', asked('XN--BCHER-KVA.Test.'), [200], 'b'],
  ['the same in letters', asked('b\xc3\xbccher.test'), [404], ''],
  ['an underscore', asked('a_b.test'), [404], ''],
  ['half an IPv6 literal', asked('[::1'), [404], ''],
  ['two dots', asked('a.test..'), [400], ''],
  ['a dot alone', asked('.'), [400], ''],
  ['a name of 260 letters', asked(`${x(255)}.test`), [404], ''],
  ['an empty one', asked(''), [400], ''],
  ['a port that is none', asked('a.test:abc'), [200], 'a'],
  ['no Host', line('GET / HTTP/1.1', 'X: y'), [400], ''],
  ['two Hosts', asked('a.test', 'Host: b.test'), [400], ''],
  ['a space in it', asked('a.test b.test'), [400], ''],
  ['a comma in it', asked('a.test,b.test'), [404], ''],
  ['a user in it', asked('x@a.test'), [404], ''],
  ['a path in it', asked('a.test/../b.test'), [400], ''],
  ['a zero byte in it', asked('a\0.test'), [400], ''],
  ['a name of 5000 letters', asked(`${x(5000)}.test`), [404], ''],
  ['markup', asked('<script>.test'), [404], ''],
  ['HTTP/1.0', line('GET / HTTP/1.0', 'Host: a.test'), [200], 'a'],
  ['HTTP/1.0 without a Host', line('GET / HTTP/1.0'), [404], ''],
  ['HTTP/3.0', line('GET / HTTP/3.0', 'Host: a.test'), [505], ''],
  ['a target with a host', line('GET http://a.test/ HTTP/1.1', 'Host: b.test'), [200], 'a'],
  ['a target with a user', line('GET http://u:p@a.test/ HTTP/1.1', 'Host: a.test'), [400], ''],
  ['a target with a host alone', line('GET http://a.test/ HTTP/1.1'), [400], ''],
  ['CONNECT', line('CONNECT a.test:443 HTTP/1.1', 'Host: a.test'), [400], ''],
  ['TRACE', line('TRACE / HTTP/1.1', 'Host: a.test'), [405], ''],
  ['a location of ours', line('GET /@gate HTTP/1.1', 'Host: a.test'), [200], 'a'],
  ['length and chunks', posted(['Content-Length: 6', CHUNKED], '0\r\n\r\nG'), [400], ''],
  ['chunks and length', posted([CHUNKED, 'Content-Length: 4'], '0\r\n\r\nGET'), [400], ''],
  ['chunks of two kinds', posted([CHUNKED, 'Transfer-Encoding: x'], '0\r\n\r\n'), [400], ''],
  ['another coding', posted(['Transfer-Encoding: xchunked'], '0\r\n\r\n'), [501], ''],
  ['a space before the colon', posted(['Transfer-Encoding : chunked'], '0\r\n\r\n'), [400], ''],
  ['two lengths', posted(['Content-Length: 1', 'Content-Length: 2'], 'ab'), [400], ''],
  ['a length with a sign', posted(['Content-Length: +2'], 'ab'), [400], ''],
  ['a length twice', posted(['Content-Length: 1', 'Content-Length: 1'], 'a'), [400], ''],
  ['lengths in a list', posted(['Content-Length: 1, 1'], 'a'), [400], ''],
  ['a length below zero', posted(['Content-Length: -1'], ''), [400], ''],
  ['a length without end', posted([`Content-Length: ${'9'.repeat(30)}`], 'a'), [400], ''],
  ['a line that goes on', asked('a.test', 'X: a', ' b'), [400], ''],
  ['a first line that goes on', line('GET / HTTP/1.1', ' Host: a.test'), [400], ''],
  ['chunks of HTTP/1.0', line('POST / HTTP/1.0', 'Host: a.test', CHUNKED) + '0\r\n\r\n', [400], ''],
  ['chunks with words', posted([CHUNKED], '3;a=b\r\nabc\r\n0;c\r\nX: y\r\n\r\n'), [200], 'a'],
  ['a chunk without end', posted([CHUNKED], 'ffffffffffffffff\r\nabc'), [400], ''],
  [
    'the PROXY protocol, unasked',
    `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${asked('a.test')}`,
    [400],
    '',
  ],
  ['HTTP/2 at once', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400], ''],
  ['chunks', posted([CHUNKED], '3\r\nabc\r\n0\r\n\r\n'), [200], 'a'],
  ['a bad chunk', posted([CHUNKED], 'zz\r\nabc\r\n0\r\n\r\n'), [400], ''],
  ['100-continue', posted(['Expect: 100-continue', 'Content-Length: 2'], 'ab'), [100, 200], 'a'],
  ['a large body', posted(['Content-Length: 2000000'], x(2_000_000)), [413], ''],
  ['a large body in chunks', posted([CHUNKED], `1e8480\r\n${x(2e6)}\r\n0\r\n\r\n`), [413], ''],
  ['64 KB in a header', asked('a.test', `X: ${x(65_536)}`), [400], ''],
  ['64 KB in the target', line(`GET /${x(65_536)} HTTP/1.1`, 'Host: a.test'), [414], ''],
  ['TLS in the clear', '\x16\x03\x01\x02\x00\x01\x00', [400], ''],
  ['three apps', asked('a.test') + asked('b.test') + asked('nobody.test'), [200, 200, 404], 'ab'],
  ['HTTP/2 in the clear', asked('a.test', 'Upgrade: h2c', 'Connection: upgrade'), [200], 'a'],
  ['an upgrade', asked('a.test', 'Upgrade: x', 'Connection: upgrade'), [101], ''],
];

void t.test('what a stranger may send', async (t) => {
  await Promise.all(
    CASES.map(async ([name, sent, wanted, apps]) => {
      const answer = await raw(sent);
      t.same([statuses(answer), names(answer)], [wanted, apps], name);
      t.notMatch(answer, '<script>', name);
    }),
  );
  t.equal((await get(bench.http, 'a.test')).status, 200, 'and it serves on');
});

void t.test('an app sees the host that the request went to', async (t) => {
  const host = async (target: string, header: string): Promise<unknown> => {
    const answer = await raw(line(`GET ${target} HTTP/1.1`, `Host: ${header}`));
    return (JSON.parse(answer.slice(answer.indexOf('{'))) as { host: string }).host;
  };
  t.equal(await host('http://a.test/echo', 'b.test'), 'a.test');
  t.equal(await host('http://a.test:80/echo', 'a.test:80'), 'a.test:80', 'as it came');
  t.equal(await host('/echo', 'A.Test:8080'), 'A.Test:8080', 'as it came');
});

void t.test('slow clients hold up nobody', async (t) => {
  const slow = Array.from({ length: 200 }, () => connect(bench.http, '127.0.0.1'));
  t.teardown(() => slow.forEach((socket) => socket.destroy()));
  for (const socket of slow) socket.on('error', () => undefined).write('GET / HTTP/1.1\r\nHost: ');
  await until(() => slow.every((socket) => !socket.connecting));
  const began = performance.now();
  t.equal((await get(bench.http, 'a.test')).status, 200);
  t.ok(performance.now() - began < 5000, 'one that is waited for takes half a minute');
});

void t.test('what the router says itself', async (t) => {
  const json = { accept: 'application/json' };
  const page = await get(bench.http, 'empty.test');
  t.match(page, { status: 503, headers: { 'retry-after': '5', 'cache-control': 'no-store' } });
  t.match(page.text, /503 Service Temporarily Unavailable[\s\S]*No process of this app/);
  t.ok(page.text.includes(String(page.headers['x-request-id'])), 'the id that stands in the log');
  t.match((await get(bench.http, 'nobody.test')).text, '404 Not Found');
  const away = await get(bench.http, 'away.test', { headers: json });
  t.match(JSON.parse(away.text), { status: 502, error: /did not answer/, request_id: /-/ });
  const browser = { accept: 'text/html,application/json;q=0.9' };
  t.match((await get(bench.http, 'away.test', { headers: browser })).text, '<h1>502 Bad Gateway');
  const controller = await get(bench.http, 'deis.test', { path: '/v1/apps' });
  t.match(controller, { status: 502, headers: { deis_api_version: '1.7' } });
  t.match(controller.headers, { deis_platform_version: /^1\./, x_deis_api_version: '1.7' });
  t.match(JSON.parse(controller.text), { detail: /No controller answers/ });
});
