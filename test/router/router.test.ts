// A whole router: follows the store, confirms only what is true, serves without the store, leaves without losing a request.

import { writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { type Applied, isDrainedAt } from '../../src/model/route.ts';
import { keys } from '../../src/registry/keys.ts';
import { put } from '../../src/registry/registry.ts';
import { get, stream, until } from './http.ts';
import { startUpstream } from './nginx-bench.ts';
import { MACHINE, makeRouter } from './router-bench.ts';
import { GRACE } from '../whole/pace.ts';

const never = new AbortController().signal;

void t.test('opens when it has applied what it registered at; follows; confirms', async (t) => {
  const bench = await makeRouter((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  const { http, applied } = bench;
  await bench.set('platform', 'domain', 'test');
  await bench.publish('blog', 'blog_v1.web.1', app.address);
  bench.run();
  await until(async () => (await applied()) !== undefined);
  t.equal((await get(http, 'blog.test')).text, 'app', 'the doors open with the routes');
  const alive = await bench.world.get(keys.routerAlive, [MACHINE], never);
  t.ok((await applied())!.endpoints >= alive!.createRevision);
  t.equal((await bench.world.get(keys.routerHosts, [MACHINE], never))?.value, '127.0.0.1:80');

  const published = await bench.publish('wiki', 'wiki_v1.web.1', app.address);
  const began = performance.now();
  await until(async () => (await get(http, 'wiki.test')).status === 200);
  t.ok(performance.now() - began < 500 * GRACE, `served ${performance.now() - began} ms after`);
  await until(async () => (await applied())!.endpoints >= published);

  t.comment('a withdrawal is confirmed, and drained only when the request has ended');
  const slow = get(http, 'blog.test', { path: '/slow' });

  await delay(100);
  await bench.withdraw('wiki', 'wiki_v1.web.1');
  const withdrawn = await bench.withdraw('blog', 'blog_v1.web.1');
  await until(async () => (await applied())!.endpoints >= withdrawn);
  t.same((await applied())!.busy, { [app.address]: 1 });
  t.notOk(isDrainedAt(await applied(), app.address, withdrawn));
  t.equal((await get(http, 'blog.test')).status, 404, 'not an app and nothing published');
  app.release();
  t.equal((await slow).text, 'app');
  await until(async () => isDrainedAt(await applied(), app.address, withdrawn));
});

void t.test('bad values hurt their own app only', async (t) => {
  const bench = await makeRouter((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  const { applied } = bench;
  await bench.set('platform', 'domain', 'test');
  await bench.publish('good', 'good_v1.web.1', app.address);
  await bench.publish('bad', 'bad_v1.web.1', '127.0.0.1:80; } server { listen 81');
  await bench.publish('ev\nil host x y', 'u', app.address);
  await bench.publish('deis-store', 'u', app.address);
  await bench.set('router', 'bodySize', '1m; } evil {');
  await bench.set('router', 'serverTokens', 'off');
  await bench.set('router', 'gzipTypes', 'text/css text/css');
  bench.run();
  await until(async () => (await applied())?.files !== undefined && (await applied())!.files > 0);
  const answer = await get(bench.http, 'good.test');
  t.match(answer, { status: 200, headers: { server: 'nginx' } });
  t.equal((await get(bench.http, 'bad.test')).status, 503);
  t.equal((await get(bench.http, 'deis-store.test')).status, 404);
  t.match((await applied())!.refused, {
    bad: /upstream bad_v1.web.1: "127.0.0.1:80; } server { listen 81" is not an address/,
    'ev\nil host x y': 'this cannot be the name of an app',
    '*settings bodySize': '"1m; } evil {" is not a size such as 1m',
  });
  const set = await bench.set('router', 'serverTokens', 'on');
  await until(async () => (await applied())!.files >= set);
  t.match((await get(bench.http, 'good.test')).headers['server'], /nginx\/1/);
});

void t.test(
  'in place of controllers: JSON and the version of the API, as they say it',
  async (t) => {
    const bench = await makeRouter((what) => t.teardown(what));
    const { applied } = bench;
    await bench.set('platform', 'domain', 'test');
    await bench.publish('good', 'good_v1.web.1', '127.0.0.1:9');
    bench.run();
    await until(async () => (await applied())?.files !== undefined && (await applied())!.files > 0);
    const headers = {
      deis_api_version: '1.7',
      deis_platform_version: '1.13.4',
      'content-type': 'application/json',
    };
    const text = '{"detail":"No controller answers. Try again."}';
    const none = await get(bench.http, 'deis.test', { path: '/v1/' });
    t.match(none, { status: 503, headers, text });
    await bench.publish('deis', 'deis-controller@1.service', '127.0.0.1:9');
    await until(async () => (await get(bench.http, 'deis.test')).status === 502);
    const dead = await get(bench.http, 'deis.test', { path: '/v1/apps/' });
    t.match(dead, { status: 502, headers, text });
    const app = await get(bench.http, 'good.test');
    t.equal(app.status, 502);
    t.notOk(app.headers['deis_api_version'], 'apps are nobody’s API');
  },
);

void t.test(
  'serves from disk without the store, and takes no emptied or foreign store at its word',
  async (t) => {
    const bench = await makeRouter((what) => t.teardown(what));
    const app = await startUpstream('app', (what) => t.teardown(what));
    await bench.set('platform', 'domain', 'test');
    await bench.publish('blog', 'blog_v1.web.1', app.address);
    const first = bench.run();
    await until(async () => (await bench.applied()) !== undefined);
    await first();
    t.equal(await bench.applied(), undefined, 'what it told ends with it');
    t.equal(await bench.world.get(keys.routerAlive, [MACHINE], never), undefined);

    bench.store.sever();
    bench.run();
    await until(
      async () => (await get(bench.http, 'blog.test').catch(() => undefined))?.status === 200,
    );
    bench.store.heal();
    await until(async () => (await bench.applied()) !== undefined);
    t.equal((await get(bench.http, 'blog.test')).text, 'app');

    t.comment('/deis deleted by hand');
    await bench.world.store.commit(
      { conditions: [], writes: [{ kind: 'delete-prefix', prefix: keys.settings.prefix }] },
      never,
    );
    await until(() => bench.log.lines.some(({ event }) => event === 'routes stay as they are'));
    await delay(200);
    t.equal((await get(bench.http, 'blog.test')).text, 'app');
    await until(async () =>
      /was \/deis deleted/.test((await bench.applied())?.refused['*store'] ?? ''),
    );
    await bench.set('platform', 'domain', 'test');
    const published = await bench.publish('wiki', 'wiki_v1.web.1', app.address);
    await until(async () => ((await bench.applied())?.endpoints ?? 0) >= published, 15_000);
    t.equal(
      (await get(bench.http, 'blog.test')).status,
      404,
      'believed again: nothing is published',
    );
  },
);

void t.test('an empty store in place of the old one', async (t) => {
  const bench = await makeRouter((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  await bench.set('platform', 'domain', 'test');
  await bench.publish('blog', 'blog_v1.web.1', app.address);
  const first = bench.run();
  await until(async () => (await bench.applied()) !== undefined);
  await first();
  const other = await makeRouter((what) => t.teardown(what));
  const { registry } = { registry: other.world };
  bench.run({ registry });
  await until(
    async () => (await get(bench.http, 'blog.test').catch(() => undefined))?.status === 200,
  );
  await delay(1000);
  t.equal((await get(bench.http, 'blog.test')).text, 'app');
});

void t.test('comes back with its routes when nginx is killed', async (t) => {
  const bench = await makeRouter((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  await bench.set('platform', 'domain', 'test');
  await bench.publish('blog', 'blog_v1.web.1', app.address);
  bench.run();
  await until(async () => (await bench.applied()) !== undefined);
  const { readFileSync } = await import('node:fs');
  process.kill(Number(readFileSync(bench.nginx.layout.pid, 'utf8')), 'SIGKILL');
  const began = performance.now();
  await delay(50);
  await until(
    async () => (await get(bench.http, 'blog.test').catch(() => undefined))?.status === 200,
  );
  t.ok(
    performance.now() - began < 2000 * GRACE,
    `back after ${Math.round(performance.now() - began)} ms`,
  );
  const published = await bench.publish('wiki', 'wiki_v1.web.1', app.address);
  await until(async () => ((await bench.applied())?.endpoints ?? 0) >= published);
  t.equal((await get(bench.http, 'wiki.test')).status, 200);
});

void t.test('the door of the builders', async (t) => {
  const bench = await makeRouter((what) => t.teardown(what));
  const builder = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (chunk) => socket.write(chunk.toString().toUpperCase()));
    socket.on('end', () => socket.end('bye'));
  }).listen(0, '127.0.0.1');
  t.teardown(() => builder.close());
  await bench.set('platform', 'domain', 'test');
  bench.run();
  await until(async () => (await bench.applied()) !== undefined);
  const talk = async (): Promise<string> => {
    const socket = connect({ port: bench.ssh, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    socket.write('push');
    socket.end();
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return text;
  };
  t.equal(await talk().catch(() => ''), '', 'nobody there: an end at once');
  const { port } = builder.address() as AddressInfo;
  await bench.publish('deis-builder', 'deis-builder.service', `127.0.0.1:${port}`);
  await until(async () => (await talk().catch(() => '')) === 'PUSHbye');

  t.comment('a silent connection ends when the setting says so, and others serve on');
  const set = await bench.set('router', 'builder/timeout/tcp', '300');
  await until(async () => (await bench.applied())!.files >= set);
  const silent = connect({ port: bench.ssh, host: '127.0.0.1' });
  silent
    .on('error', () => undefined)
    .resume()
    .write('push');
  const began = performance.now();
  await new Promise((resolve) => silent.once('close', resolve));
  t.ok(performance.now() - began >= 250, `ended after ${Math.round(performance.now() - began)} ms`);
});

void t.test('leaves without losing a request', async (t) => {
  const one = await makeRouter((what) => t.teardown(what));
  const two = await makeRouter((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  for (const bench of [one, two]) {
    await bench.set('platform', 'domain', 'test');
    await bench.publish('blog', 'blog_v1.web.1', app.address);
  }
  const times = { storeMs: 1000, closingMs: 3000, patienceMs: 5000 };
  const leave = one.run({ times });
  two.run();
  for (const bench of [one, two]) await until(async () => (await bench.applied()) !== undefined);
  let open = one;
  const door = setInterval(() => {
    void get(one.health, 'x', { path: '/health-check' }).then(
      ({ status }) => (open = status === 200 ? one : two),
      () => (open = two),
    );
  }, 1000);
  t.teardown(() => clearInterval(door));
  const load = stream(() => open.http, 'blog.test', 100, 20);
  await delay(1500);
  const slow = get(one.http, 'blog.test', { path: '/slow' });
  await delay(200);
  const left = leave();
  await delay(4000);
  app.release();
  t.equal((await slow).text, 'app', 'a long request is awaited');
  await left;
  await delay(500);
  await load.end();
  t.same(load.failures, []);
  // On a busy box its timer is late more often than not.
  t.ok(load.sent > 50, `${load.sent} requests`);
  t.equal(await one.applied(), undefined);
});

void t.test('told to go it sends nobody away, and wanted again it goes on', async (t) => {
  const bench = await makeRouter((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  const unit = 'deis-router@1.service';
  const own = `127.0.0.1:${bench.health}`;
  const place = (want: 'run' | 'stop') => {
    const placement = {
      want,
      revision: 1,
      kind: 'platform',
      retiring: false,
      reason: 't',
    } as const;
    return bench.world.commit([], [put(keys.placements, [MACHINE, unit], placement)], never);
  };
  const health = async (): Promise<number> =>
    (await get(bench.health, 'x', { path: '/health-check' })).status;
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const connection = async () =>
    (await get(bench.http, 'blog.test', { agent })).headers['connection'];
  const applied = async (revision: number): Promise<Applied> => {
    await until(async () => ((await bench.applied())?.endpoints ?? 0) >= revision);
    return (await bench.applied())!;
  };
  await bench.set('platform', 'domain', 'test');
  await bench.publish('blog', 'blog_v1.web.1', app.address);
  await place('run');
  await bench.publish('deis-router', unit, own);
  const end = bench.run();
  await until(async () => (await bench.applied()) !== undefined);
  await applied(await bench.withdraw('deis-router', unit));
  t.equal(await health(), 200, 'not published, but wanted: it stays');
  await bench.publish('deis-router', unit, own);

  const held = get(bench.http, 'blog.test', { path: '/slow' });
  await delay(200);
  await place('stop');
  const withdrawn = await bench.withdraw('deis-router', unit);
  t.same(
    (await applied(withdrawn)).busy,
    { [own]: 1 },
    'what it holds counts from the first word on',
  );
  t.equal(await health(), 503);
  t.equal(await connection(), 'close');
  await delay(600);
  t.notOk(isDrainedAt(await bench.applied(), own, withdrawn), 'later too');

  await place('run');
  await applied(await bench.publish('deis-router', unit, own));
  t.equal(await health(), 200);
  // An old worker that a reload left behind may answer the first of them.
  await until(async () => (await connection()) === 'keep-alive');
  t.same((await bench.applied())!.busy, {});

  await place('stop');
  const again = await bench.withdraw('deis-router', unit);
  await applied(again);
  app.release();
  t.equal((await held).text, 'app');
  await until(async () => isDrainedAt(await bench.applied(), own, again));
  await end();
});

void t.test('how long it says that it leaves is a setting', async (t) => {
  const bench = await makeRouter((what) => t.teardown(what));
  await bench.set('platform', 'domain', 'test');
  const set = await bench.set('router', 'leaveTime', '1s');
  const end = bench.run({ times: { storeMs: 1000, patienceMs: 5000 } });
  await until(async () => ((await bench.applied())?.files ?? 0) >= set);
  const health = async (): Promise<number> =>
    (await get(bench.health, 'x', { path: '/health-check' })).status;
  t.equal(await health(), 200);
  const began = performance.now();
  const left = end();
  await until(async () => (await health()) === 503);
  await left;
  const took = performance.now() - began;
  t.ok(took >= 1000 && took < 4500 * GRACE, `left after ${Math.round(took)} ms`);
});

const serverHeader = async (port: number): Promise<unknown> =>
  (await get(port, 'unknown.test')).headers['server'];

void t.test('a setting that nginx refuses leaves it serving, with all others', async (t) => {
  const bench = await makeRouter((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  await bench.set('platform', 'domain', 'test');
  await bench.publish('blog', 'blog_v1.web.1', app.address);
  const remembered = {
    hosts: {},
    groups: {},
    builders: [],
    settings: { sslSessionCache: 'shared:SSL:1k' }, // looks right, and nginx finds it too small
  };
  writeFileSync(join(bench.prefix, 'view.json'), JSON.stringify(remembered));
  await bench.set('router', 'sslSessionCache', 'shared:SSL:1k');
  bench.run();
  await until(async () => (await bench.applied()) !== undefined);
  await bench.set('router', 'serverTokens', 'off');
  const reason = async (): Promise<string> =>
    (await bench.applied())?.refused['*settings sslSessionCache'] ?? '';
  await until(async () => /too small/.test(await reason()), 15_000);
  t.equal((await get(bench.http, 'blog.test')).status, 200);
  await until(async () => (await serverHeader(bench.http)) === 'nginx', 15_000);
});
