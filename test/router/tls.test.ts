// TLS on a real nginx: certificates by name at the handshake, changed without a reload; versions, HTTP/2, HSTS, PROXY protocol.

import { connect } from 'node:net';
import t from 'tap';
import type { Bundle, Routes } from '../../src/ports/web-server.ts';
import { get } from './http.ts';
import { makeBench, NO_ROUTES, selfSigned, startUpstream } from './nginx-bench.ts';
import { getHttp2, getTls, shownFor } from './tls.ts';

const app = await startUpstream('app', (what) => t.teardown(what));
const routes: Routes = {
  ...NO_ROUTES,
  hosts: { 'a.test': 'a', '*.w.test': 'a' },
  groups: { a: [app.address] },
};
const [ofA, ofW, ofAll] = [
  await selfSigned('a.test'),
  await selfSigned('*.w.test'),
  await selfSigned('all.invalid'),
];

const showing = (
  certificates: Routes['certificates'],
  bundles: Record<string, Bundle>,
): Routes => ({
  ...routes,
  certificates,
  bundles: new Map(Object.entries(bundles)),
});

void t.test('the certificate of the name, without a reload', async (t) => {
  const { nginx, https, file, signal } = await makeBench((what) => t.teardown(what));
  const first = showing({ '*': 'all' }, { all: ofAll });
  await nginx.start(file(), first, () => t.fail('died'), signal);
  const name = async (host: string) => (await shownFor(https, host)).name;
  t.equal(await name('a.test'), 'all.invalid', 'known before it listens');
  const ids = { '*': 'all', 'a.test': 'a', '*.w.test': 'w' };
  await nginx.commit(showing(ids, { all: ofAll, a: ofA, w: ofW }), signal);
  t.same(
    [await name('a.test'), await name('A.Test'), await name('x.w.test'), await name('b.test')],
    ['a.test', 'a.test', '*.w.test', 'all.invalid'],
  );
  t.equal((await getTls(https, 'a.test')).text, 'app');
  const renewed = await selfSigned('a.test', 'renewed.test');
  await nginx.commit(showing({ 'a.test': 'a2' }, { a2: renewed }), signal);
  t.equal(await name('a.test'), 'a.test');
  t.equal(await name('b.test'), 'fallback.invalid', 'none for all: that of the file');
  const broken = { certificate: ofA.certificate, key: 'not a key' };
  await nginx.commit(showing({ '*': 'all', 'a.test': 'bad' }, { bad: broken, all: ofAll }), signal);
  t.equal(await name('a.test'), 'all.invalid', 'one that cannot be used hurts nobody');
  await nginx.commit(showing({ 'a.test': 'gone' }, {}), signal);
  t.equal(await name('a.test'), 'fallback.invalid');
});

void t.test('TLS 1.2 and 1.3, HTTP/2 and 1.1', async (t) => {
  const { nginx, https, file, signal } = await makeBench((what) => t.teardown(what));
  await nginx.start(file(), routes, () => t.fail('died'), signal);
  t.equal((await shownFor(https, 'a.test', 'TLSv1.3')).protocol, 'TLSv1.3');
  t.equal((await shownFor(https, 'a.test', 'TLSv1.2')).protocol, 'TLSv1.2');
  await t.rejects(shownFor(https, 'a.test', 'TLSv1.1'));
  t.equal(await getHttp2(https, 'a.test'), 'app');
  const told = JSON.parse(await getHttp2(https, 'a.test', '/echo')) as Record<string, string>;
  t.match(told, {
    host: 'a.test',
    'x-forwarded-proto': 'https',
    'x-forwarded-ssl': 'on',
    'x-forwarded-port': String(https),
    'x-request-id': /^[0-9a-f]{8}-/,
  });
  const twoNames = await getHttp2(https, 'a.test', '/', { host: 'b.test' });
  t.match(twoNames, '400 Bad Request', 'another host beside the authority');
  await nginx.reload(file({ sslProtocols: 'TLSv1.3' }), signal);
  await t.rejects(shownFor(https, 'a.test', 'TLSv1.2'));
});

void t.test('HSTS over TLS only', async (t) => {
  const { nginx, http, https, file, signal } = await makeBench((what) => t.teardown(what));
  const hsts = { 'hsts/enabled': 'true', 'hsts/maxAge': '99', 'hsts/includeSubDomains': 'true' };
  await nginx.start(file(hsts), routes, () => t.fail('died'), signal);
  const header = 'strict-transport-security';
  t.equal((await getTls(https, 'a.test')).headers[header], 'max-age=99; includeSubDomains');
  t.equal((await getTls(https, 'nobody.test')).headers[header], 'max-age=99; includeSubDomains');
  t.equal((await get(http, 'a.test')).headers[header], undefined);
});

void t.test('the PROXY protocol says who the client is', async (t) => {
  const { nginx, http, file, signal } = await makeBench((what) => t.teardown(what));
  const settings = { proxyProtocol: 'true', proxyRealIpCidr: '127.0.0.0/8' };
  await nginx.start(file(settings), routes, () => t.fail('died'), signal);
  const socket = connect(http, '127.0.0.1');
  socket.write('PROXY TCP4 192.0.2.7 127.0.0.1 1234 80\r\n');
  socket.write('GET /echo HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  t.match(text, '"x-forwarded-for":"192.0.2.7"');
});

void t.test('answers are compressed, as v1 did', async (t) => {
  const { nginx, http, file, signal } = await makeBench((what) => t.teardown(what));
  await nginx.start(file(), routes, () => t.fail('died'), signal);
  const headers = { 'accept-encoding': 'gzip' };
  const answer = await get(http, 'a.test', { path: '/large', headers });
  t.match(answer.headers, { 'content-encoding': 'gzip', vary: /Accept-Encoding/ });
  await nginx.reload(file({ gzip: 'off' }), signal);
  t.notOk((await get(http, 'a.test', { path: '/large', headers })).headers['content-encoding']);
});

void t.test('the status page of v1, when it is asked for', async (t) => {
  const { nginx, http, file, signal } = await makeBench((what) => t.teardown(what));
  await nginx.start(file(), routes, () => t.fail('died'), signal);
  const path = '/router-nginx-status';
  t.equal((await get(http, 'nobody.test', { path })).status, 404);
  await nginx.reload(file({ enableNginxStatus: 'true' }), signal);
  t.match((await get(http, 'nobody.test', { path })).text, 'deis_router_connections');
  t.equal((await get(http, 'a.test', { path })).text, 'app', 'not under the name of an app');
});
