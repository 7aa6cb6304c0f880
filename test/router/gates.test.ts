// The question whether an app wants something of its requests first costs every request, so the file asks it only when some app
// does. Here: the first such app is served right from its first request on, and nothing is lost on the way there.

import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import { DeisError } from '../../src/model/errors.ts';
import { parseNetwork } from '../../src/model/network.ts';
import type { Routes, WebServer } from '../../src/ports/web-server.ts';
import { keys } from '../../src/registry/keys.ts';
import { put } from '../../src/registry/registry.ts';
import { type Asked, get, stream, until } from './http.ts';
import { makeBench, NO_ROUTES, startUpstream } from './nginx-bench.ts';
import { makeRouter, type RouterBench } from './router-bench.ts';

const MEGABYTE = 1024 * 1024;
const never = new AbortController().signal;

const asks = ({ prefix }: { prefix: string }): boolean =>
  readFileSync(join(prefix, 'nginx.conf'), 'utf8').includes('deis.routes.way()');
const reloads = ({ log }: RouterBench): number =>
  log.lines.filter(({ event }) => event === 'reloaded').length;

async function giveRouting(
  { world }: RouterBench,
  app: string,
  settings: Record<string, string>,
): Promise<void> {
  const wish = { app, settings, updated: '2026-01-01T00:00:00Z' };
  await world.commit([], [put(keys.routing, [app], wish)], never);
}

const answers = async (
  { http }: RouterBench,
  app: string,
  wanted: number,
  asked?: Asked,
): Promise<void> => {
  const status = async () => (await get(http, `${app}.test`, asked).catch(() => undefined))?.status;
  await until(async () => (await status()) === wanted, 20_000);
};

async function routerOfThree(teardown: (what: () => unknown) => void): Promise<RouterBench> {
  const bench = await makeRouter(teardown);
  await bench.set('platform', 'domain', 'test');
  for (const app of ['a', 'b', 'c']) {
    const { address } = await startUpstream(app, teardown);
    await bench.publish(app, `${app}_v1.web.1`, address);
  }
  return bench;
}

void t.test('the first app with a gate brings the question, the next finds it there', async (t) => {
  const bench = await routerOfThree((what) => t.teardown(what));
  bench.run();
  await until(async () => (await bench.applied()) !== undefined);
  t.notOk(asks(bench));
  const others = stream(() => bench.http, 'c.test', 200, 10);
  await giveRouting(bench, 'a', { bodySize: '3m', maintenance: 'on' });
  await answers(bench, 'a', 503);
  t.ok(asks(bench), 'from the first request on that it holds for');
  const large = { method: 'POST', body: 'x'.repeat(2 * MEGABYTE) };
  await giveRouting(bench, 'a', { bodySize: '3m' });
  await answers(bench, 'a', 200, large);
  t.equal((await get(bench.http, 'b.test', large)).status, 413);
  await giveRouting(bench, 'b', { enforceHttps: 'on' });
  await answers(bench, 'b', 301);
  await giveRouting(bench, 'a', {});
  await giveRouting(bench, 'b', {});
  await answers(bench, 'b', 200);
  t.ok(asks(bench), 'it stays: an app may come and go often');
  t.equal(reloads(bench), 1);
  await others.end();
  t.same(others.failures, []);
  t.ok(others.sent > 20, `${others.sent} requests`);
});

void t.test('a router that remembers such an app asks from its start on', async (t) => {
  const bench = await routerOfThree((what) => t.teardown(what));
  const end = bench.run();
  await until(async () => (await bench.applied()) !== undefined);
  await giveRouting(bench, 'a', { maintenance: 'on' });
  await answers(bench, 'a', 503);
  await end();
  bench.store.sever();
  const before = reloads(bench);
  bench.run();
  await answers(bench, 'a', 503);
  t.ok(asks(bench));
  t.equal(reloads(bench), before);
});

void t.test('a server that cannot reload now holds up nobody', async (t) => {
  const bench = await routerOfThree((what) => t.teardown(what));
  let broken = true;
  const { nginx } = bench;
  const web: WebServer = {
    layout: nginx.layout,
    running: () => nginx.running(),
    start: (...given) => nginx.start(...given),
    commit: (...given) => nginx.commit(...given),
    state: (...given) => nginx.state(...given),
    test: (...given) => nginx.test(...given),
    quit: (...given) => nginx.quit(...given),
    reload: (...given) =>
      broken ? Promise.reject(new DeisError('unavailable', 'not now')) : nginx.reload(...given),
  };
  bench.run({ web });
  await until(async () => (await bench.applied()) !== undefined);
  await giveRouting(bench, 'a', { maintenance: 'on' });
  await answers(bench, 'a', 503); // the gate is there all the same
  t.notOk(asks(bench));
  t.equal((await get(bench.http, 'b.test')).status, 200);
  t.ok(bench.log.lines.some(({ event }) => event === 'gates wait'));
  broken = false;
  await bench.set('router', 'serverTokens', 'off'); // any reason to look again
  await until(() => asks(bench), 20_000);
});

void t.test('a gate that the file does not know of', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const { address } = await startUpstream('app', (what) => t.teardown(what));
  const plain: Routes = {
    ...NO_ROUTES,
    hosts: { 'a.test': 'a', 'b.test': 'b' },
    groups: { a: [address], b: [address] },
  };
  const { nginx, signal, http } = bench;
  await nginx.start(bench.file({}, false), plain, () => t.fail('died'), signal);
  t.equal((await get(http, 'a.test')).status, 200);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  await nginx.commit({ ...plain, policies: { a: { allow: [] } } }, signal);
  t.equal((await get(http, 'a.test', { method: 'POST', body: 'x' })).status, 403);
  await nginx.commit({ ...plain, policies: { a: { https: true } } }, signal);
  t.equal((await get(http, 'a.test')).status, 301);
  await nginx.commit(
    { ...plain, policies: { a: { allow: [parseNetwork('127.0.0.1')!], body: 10 } } },
    signal,
  );
  t.match(await get(http, 'a.test', { method: 'POST', body: 'x' }), { status: 200, text: 'app' });
  t.equal((await get(http, 'a.test', { method: 'POST', body: 'x'.repeat(11) })).status, 413);
  t.match(await get(http, 'b.test', { agent }), {
    status: 200,
    headers: { connection: 'keep-alive' },
  });
});
