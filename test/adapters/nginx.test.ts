// The web server over a real nginx: routes without a reload, honest counts, frozen and killed workers.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { sessionMembers } from '../../src/adapters/nginx-process.ts';
import { get, until } from '../router/http.ts';
import { makeBench, NO_ROUTES, startUpstream } from '../router/nginx-bench.ts';

function masterPid(prefix: string): number {
  return Number(readFileSync(`${prefix}/nginx.pid`, 'utf8'));
}

void t.test('routes by host, without a reload', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const one = await startUpstream('one', (what) => t.teardown(what));
  const two = await startUpstream('two', (what) => t.teardown(what));
  const { nginx, http, health, signal } = bench;
  const routes = {
    ...NO_ROUTES,
    hosts: { 'blog.test': 'blog', 'idle.test': 'idle' },
    groups: { blog: [one.address], idle: [] },
  };
  await nginx.start(bench.file(), routes, () => t.fail('died'), signal);
  t.equal((await get(http, 'blog.test')).text, 'one', 'routes of the start are there at once');
  t.equal((await get(http, 'BLOG.test:80')).text, 'one', 'case and port of the host do not matter');
  t.equal((await get(http, 'idle.test')).status, 503);
  const unknown = await get(http, 'nobody.test');
  t.equal(unknown.status, 404);
  t.match(unknown.text, '404 Not Found');
  t.equal((await get(http, 'nobody.test', { path: '/health-check' })).status, 200);
  t.equal((await get(health, 'x', { path: '/health-check' })).text, 'healthy\n');
  await nginx.commit(
    { ...routes, groups: { blog: [two.address, one.address], idle: [two.address] } },
    signal,
  );
  t.equal((await get(http, 'idle.test')).text, 'two');
  const names = new Set<string>();
  for (let n = 0; n < 8; n += 1) names.add((await get(http, 'blog.test')).text);
  t.same([...names].sort(), ['one', 'two'], 'in turn');
  await nginx.commit({ ...NO_ROUTES }, signal);
  t.equal((await get(http, 'blog.test')).status, 404);
});

void t.test('headers', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: [app.address] } };
  await bench.nginx.start(bench.file(), routes, () => t.fail('died'), bench.signal);
  const seen = JSON.parse((await get(bench.http, 'a.test', { path: '/echo' })).text) as Record<
    string,
    string
  >;
  t.match(seen, {
    host: 'a.test',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-port': String(bench.http),
    'x-forwarded-ssl': 'off',
    'x-request-id': /^01234567-life-[0-9]+-1$/,
  });
});

void t.test('an upstream that cannot be reached', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  const gone = await startUpstream('gone', () => undefined);
  await new Promise((resolve) => gone.server.close(resolve));
  const routes = {
    ...NO_ROUTES,
    hosts: { 'a.test': 'a', 'b.test': 'b' },
    groups: { a: [gone.address, app.address], b: [gone.address] },
  };
  await bench.nginx.start(bench.file(), routes, () => t.fail('died'), bench.signal);
  for (const method of ['GET', 'POST', 'POST', 'GET', 'PUT', 'POST']) {
    t.equal((await get(bench.http, 'a.test', { method })).status, 200, method);
  }
  t.equal((await get(bench.http, 'b.test')).status, 502, 'nothing else to try');
  t.equal((await get(bench.http, 'b.test')).status, 502, 'still tried although avoided');
  t.equal((await bench.nginx.state(bench.signal)).busy.size, 0, 'no count is lost');
  await bench.nginx.commit({ ...routes, down: ['127.0.0.1'] }, bench.signal);
  t.equal((await get(bench.http, 'a.test')).status, 200, 'all down: all are tried');
});

void t.test('counts what runs on a withdrawn upstream', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  const { nginx, http, signal } = bench;
  const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: [app.address] } };
  await nginx.start(bench.file(), routes, () => t.fail('died'), signal);
  const slow = get(http, 'a.test', { path: '/slow' });
  await until(() => app.seen === 1);
  await nginx.commit({ ...routes, groups: { a: [] } }, signal);
  t.equal((await nginx.state(signal)).busy.get(app.address), 1);

  t.comment('the worker that holds the request is frozen: the count stays, the others follow');
  const master = masterPid(bench.prefix);
  const workers = sessionMembers(master);
  t.equal(workers.length, 2);
  for (const pid of workers) process.kill(pid, 'SIGSTOP');
  await t.rejects(nginx.commit(routes, signal), { code: 'unavailable' }, 'nobody awake: no claim');
  process.kill(workers[0]!, 'SIGCONT');
  await nginx.commit({ ...routes, groups: { a: [] } }, signal);
  t.equal((await nginx.state(signal)).busy.get(app.address), 1);
  t.equal((await get(http, 'a.test')).status, 503);
  process.kill(workers[1]!, 'SIGCONT');
  await delay(300); // what the frozen one had been asked is carried out late, if at all
  for (let n = 0; n < 10; n += 1) t.equal((await get(http, 'a.test')).status, 503);
  t.equal((await nginx.state(signal)).busy.get(app.address), 1);
  app.release();
  t.equal((await slow).text, 'app');
  await until(async () => (await nginx.state(signal)).busy.size === 0);
});

void t.test('a WebSocket runs until it ends', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  app.server.on('upgrade', (_request, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n',
    );
    socket.on('data', (chunk: Buffer) => socket.write(chunk)).on('end', () => socket.end());
  });
  const { nginx, http, signal } = bench;
  const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: [app.address] } };
  await nginx.start(bench.file(), routes, () => t.fail('died'), signal);
  await nginx.commit({ ...routes, closing: true }, signal); // it passes here too
  const socket = connect(http, '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  socket.write('GET / HTTP/1.1\r\nHost: a.test\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
  await until(() => heard.includes('101 Switching'));
  await nginx.commit({ ...routes, groups: { a: [] } }, signal);
  socket.write('still here');
  await until(() => heard.includes('still here'));
  t.equal((await nginx.state(signal)).busy.get(app.address), 1);
  socket.end();
  await until(async () => (await nginx.state(signal)).busy.size === 0);
  t.pass('and is forgotten then');
});

void t.test('a killed worker takes its counts along', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  const { nginx, http, signal } = bench;
  const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: [app.address] } };
  await nginx.start(bench.file(), routes, () => t.fail('died'), signal);
  const slow = get(http, 'a.test', { path: '/slow' });
  await until(() => app.seen === 1);
  t.equal((await nginx.state(signal)).busy.get(app.address), 1);
  for (const pid of sessionMembers(masterPid(bench.prefix))) process.kill(pid, 'SIGKILL');
  await t.rejects(slow);
  await until(async () => {
    const state = await nginx.state(signal).catch(() => undefined);
    return state?.busy.size === 0;
  });
  await until(async () => (await get(http, 'a.test').catch(() => undefined))?.text === 'app');
});

void t.test('says close while closing, fails its health check while leaving', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  const { nginx, http, health, signal } = bench;
  const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: [app.address] } };
  await nginx.start(bench.file(), routes, () => t.fail('died'), signal);
  await nginx.commit({ ...routes, closing: true }, signal);
  const answer = await get(http, 'a.test', { method: 'POST', body: 'x' });
  t.match(answer, { status: 200, text: 'app', headers: { connection: 'close' } });
  t.equal((await get(health, 'x', { path: '/health-check' })).status, 200);
  await nginx.commit({ ...routes, leaving: true, closing: true }, signal);
  t.equal((await get(health, 'x', { path: '/health-check' })).status, 503);
  t.equal((await get(http, 'a.test')).status, 200, 'still serves');
  t.equal((await nginx.state(signal)).busy.size, 0);
});
