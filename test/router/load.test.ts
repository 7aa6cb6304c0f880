// The promises of the router under load: many changes, withdrawals with a worker frozen now and then, reloads; nothing is lost and
// nothing is sent to an upstream that counted as drained.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { sessionMembers } from '../../src/adapters/nginx-process.ts';
import { get, stream, until } from './http.ts';
import { makeBench, NO_ROUTES, startUpstream, type Upstream } from './nginx-bench.ts';

interface Hammered {
  requests: number;
  errors: string[];
}

/** wrk(1) with 64 keep-alive connections. */
function hammer(port: number, host: string, seconds: number): Promise<Hammered> {
  const args = ['-t1', '-c64', `-d${seconds}s`, '--timeout', '8s', '-H', `Host: ${host}`];
  const child = spawn('wrk', [...args, `http://127.0.0.1:${port}/`]);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', () => {
      const errors = text.split('\n').filter((line) => /Socket errors|Non-2xx/.test(line));
      resolve({ requests: Number(/(\d+) requests in/.exec(text)?.[1] ?? 0), errors });
    });
  });
}

async function threeUpstreams(teardown: (what: () => unknown) => void): Promise<Upstream[]> {
  return Promise.all(['one', 'two', 'three'].map((name) => startUpstream(name, teardown)));
}

void t.test('150 changes of upstreams, no reload, no error', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const upstreams = await threeUpstreams((what) => t.teardown(what));
  const all = upstreams.map(({ address }) => address);
  const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: all } };
  await bench.nginx.start(bench.file(), routes, () => t.fail('died'), bench.signal);
  const hammered = hammer(bench.http, 'a.test', 6);
  for (let change = 0; change < 150; change += 1) {
    const groups = { a: all.filter((_, index) => index !== change % 3), [`other-${change}`]: all };
    await bench.nginx.commit({ ...routes, groups }, bench.signal);
    await bench.nginx.state(bench.signal);
    await delay(25);
  }
  const { requests, errors } = await hammered;
  t.same(errors, []);
  t.ok(requests > 500, `${requests} requests`);
  // Its clients left in the middle of requests: those end when nginx sees that.
  await until(async () => (await bench.nginx.state(bench.signal)).busy.size === 0);
});

void t.test('a drained upstream gets nothing, also with frozen workers', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const upstreams = await threeUpstreams((what) => t.teardown(what));
  const forbidden = new Set<string>();
  const wrong: string[] = [];
  for (const { server, address } of upstreams) {
    server.on('request', () => void (forbidden.has(address) && wrong.push(address)));
  }
  const all = upstreams.map(({ address }) => address);
  const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: all } };
  const { nginx, signal } = bench;
  await nginx.start(bench.file(), routes, () => t.fail('died'), signal);
  const workers = sessionMembers(Number(readFileSync(nginx.layout.pid, 'utf8')));
  const hammered = hammer(bench.http, 'a.test', 12);
  let drained = 0;
  let held = 0;
  for (const end = Date.now() + 11_000; Date.now() < end;) {
    const withdrawn = all[drained % 3]!;
    const frozen = workers[drained % 4];
    if (frozen) process.kill(frozen, 'SIGSTOP');
    await nginx.commit(
      { ...routes, groups: { a: all.filter((one) => one !== withdrawn) } },
      signal,
    );
    const later = setTimeout(() => frozen && process.kill(frozen, 'SIGCONT'), 60);
    await until(async () => {
      const busy = (await nginx.state(signal)).busy.get(withdrawn) ?? 0;
      held += busy > 0 ? 1 : 0;
      return busy === 0;
    });
    forbidden.add(withdrawn);
    await delay(80);
    forbidden.delete(withdrawn);
    clearTimeout(later);
    if (frozen) process.kill(frozen, 'SIGCONT');
    await nginx.commit(routes, signal);
    drained += 1;
  }
  const { requests, errors } = await hammered;
  t.same(wrong, [], 'nobody was asked after it counted as drained');
  t.same(errors, []);
  t.ok(
    drained > 10,
    `${drained} drains under ${requests} requests, ${held} times something still ran`,
  );
  t.ok(held > 0, 'requests were really running');
});

void t.test('reloads lose nothing', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const upstreams = await threeUpstreams((what) => t.teardown(what));
  const all = upstreams.map(({ address }) => address);
  const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: all } };
  const { nginx, signal } = bench;
  await nginx.start(bench.file(), routes, () => t.fail('died'), signal);
  const hammered = hammer(bench.http, 'a.test', 12);
  const load = stream(() => bench.http, 'a.test', 100, 25);
  for (let reload = 0; reload < 5; reload += 1) {
    await delay(1000);
    await nginx.reload(bench.file({ bodySize: `${reload + 2}m` }), signal);
  }
  await load.end();
  const { errors } = await hammered;
  t.same(errors, []);
  t.same(load.failures, []);
  t.ok(load.sent > 300);
  t.equal((await get(bench.http, 'a.test')).status, 200);
});
