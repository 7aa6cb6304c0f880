// The life of the web server over a real nginx: new files, killed masters, an agent that goes and comes, the end.

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { Nginx } from '../../src/adapters/nginx.ts';
import { sessionMembers } from '../../src/adapters/nginx-process.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { fileTemplates } from '../../src/adapters/templates.ts';
import { luaModules } from '../../src/router/server-file.ts';
import { get, until } from '../router/http.ts';
import { makeBench, NO_ROUTES, startUpstream } from '../router/nginx-bench.ts';
import { quiet } from './quiet-log.ts';

function masterPid(prefix: string): number {
  return Number(readFileSync(`${prefix}/nginx.pid`, 'utf8'));
}

void t.test('a refused file changes nothing; a good one is run by every worker', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  const { nginx, http, signal } = bench;
  const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: [app.address] } };
  await nginx.start(bench.file(), routes, () => t.fail('died'), signal);
  const bad = { text: 'events {} http { bogus on; }', revision: 'bad', workers: 2, assets: {} };
  await t.rejects(nginx.reload(bad, signal), {
    code: 'refused',
    message: /unknown directive "bogus"/,
  });
  t.equal((await get(http, 'a.test')).text, 'app');
  await nginx.reload(bench.file({ serverTokens: 'off' }), signal);
  t.equal((await get(http, 'a.test')).headers['server'], 'nginx');
  await nginx.commit({ ...NO_ROUTES }, signal);
  t.equal((await get(http, 'a.test')).status, 404, 'commits go on after a reload');
});

void t.test('comes back after its master was killed', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  const { nginx, http, signal } = bench;
  const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: [app.address] } };
  let deaths = 0;
  await nginx.start(bench.file(), routes, () => (deaths += 1), signal);
  const slow = get(http, 'a.test', { path: '/slow' });
  await until(() => app.seen === 1);
  process.kill(masterPid(bench.prefix), 'SIGKILL');
  await until(() => deaths === 1);
  t.notOk(nginx.running());
  await nginx.start(bench.file(), routes, () => t.fail('died again'), signal);
  t.equal((await get(http, 'a.test')).text, 'app');
  t.notOk((await nginx.state(signal)).settled, 'the old worker still runs a request nobody counts');
  app.release();
  t.equal((await slow).text, 'app');
  await until(async () => (await nginx.state(signal)).settled);
});

void t.test('survives its agent: the next one takes it over', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  const { nginx, http, signal, prefix } = bench;
  const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: [app.address] } };
  await nginx.start(bench.file(), routes, () => undefined, signal);
  for (let n = 0; n < 5; n += 1) {
    await nginx.commit({ ...routes, down: [`10.0.0.${n}`] }, signal);
    await nginx.state(signal);
  }
  const slow = get(http, 'a.test', { path: '/slow' });
  await until(() => app.seen === 1);
  const pid = masterPid(prefix);
  const workers = sessionMembers(pid);
  const next = new Nginx({
    prefix,
    lua: luaModules(fileTemplates),
    clock: systemClock,
    log: quiet,
  });
  let deaths = 0;
  await next.start(bench.file(), { ...routes, groups: { a: [] } }, () => (deaths += 1), signal);
  t.equal(masterPid(prefix), pid);
  t.same(sessionMembers(pid), workers, 'not even reloaded');
  t.equal((await get(http, 'a.test')).status, 503, 'it serves what the new agent knows');
  t.equal(
    (await next.state(signal)).busy.get(app.address),
    1,
    'and counts what the old one let in',
  );
  app.release();
  t.equal((await slow).text, 'app');
  process.kill(pid, 'SIGKILL');
  await until(() => deaths === 1);
  await next.start(bench.file(), routes, () => t.fail('died again'), signal);
  t.equal((await get(http, 'a.test')).text, 'app');
  await next.quit(0, signal);
});

void t.test('quits when its requests are done', async (t) => {
  const bench = await makeBench((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  const { nginx, http, signal } = bench;
  const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: [app.address] } };
  await nginx.start(bench.file(), routes, () => t.fail('died'), signal);
  const slow = get(http, 'a.test', { path: '/slow' });
  await until(() => app.seen === 1);
  const quit = nginx.quit(10_000, signal);
  await delay(200);
  await t.rejects(get(http, 'a.test'), { code: 'ECONNREFUSED' });
  app.release();
  t.equal((await slow).text, 'app');
  await quit;
  t.notOk(nginx.running());
});
