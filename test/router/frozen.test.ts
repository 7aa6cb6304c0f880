// A whole router with a frozen worker: it confirms what is true, and nothing else.

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { sessionMembers } from '../../src/adapters/nginx-process.ts';
import { isDrainedAt } from '../../src/model/route.ts';
import { get, until } from './http.ts';
import { startUpstream } from './nginx-bench.ts';
import { makeRouter } from './router-bench.ts';

void t.test('with workers frozen', async (t) => {
  const bench = await makeRouter((what) => t.teardown(what));
  const app = await startUpstream('app', (what) => t.teardown(what));
  await bench.set('platform', 'domain', 'test');
  await bench.publish('blog', 'blog_v1.web.1', app.address);
  bench.run();
  await until(async () => (await bench.applied()) !== undefined);
  const before = (await bench.applied())!;
  const slow = get(bench.http, 'blog.test', { path: '/slow' });
  await until(() => app.seen === 1);
  const workers = sessionMembers(Number(readFileSync(bench.nginx.layout.pid, 'utf8')));
  t.teardown(() => workers.forEach((pid) => process.kill(pid, 'SIGCONT')));

  for (const pid of workers) process.kill(pid, 'SIGSTOP');
  const withdrawn = await bench.withdraw('blog', 'blog_v1.web.1');
  await delay(2500);
  const applied = await bench.applied();
  t.equal(applied?.endpoints, before.endpoints, 'nobody is awake to follow: nothing is claimed');
  t.notOk(isDrainedAt(applied, app.address, withdrawn));

  process.kill(workers[0]!, 'SIGCONT');
  await until(async () => ((await bench.applied())?.endpoints ?? 0) >= withdrawn);
  t.same((await bench.applied())?.busy, { [app.address]: 1 }, 'whoever runs it: it runs');
  await delay(1000);
  t.notOk(isDrainedAt(await bench.applied(), app.address, withdrawn));

  process.kill(workers[1]!, 'SIGCONT');
  app.release();
  t.equal((await slow).text, 'app');
  await until(async () => isDrainedAt(await bench.applied(), app.address, withdrawn));
  for (let n = 0; n < 10; n += 1) t.equal((await get(bench.http, 'blog.test')).status, 404);
});
