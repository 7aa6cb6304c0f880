import t from 'tap';
import { setUp } from './api.ts';

t.test('the smoke path', async (t) => {
  const { first, admin, cluster } = await setUp(t);
  const probe = await first.call('GET', '/v1/');
  t.equal(probe.status, 401);
  t.equal(probe.reason, 'UNAUTHORIZED');
  t.ok(probe.rawHeaders.includes('DEIS_API_VERSION'));
  const made = await admin('POST', '/v1/apps/', { id: 'blog' });
  t.equal(made.status, 201, made.text);
  const built = await admin('POST', '/v1/apps/blog/builds/', {
    image: 'blog:1',
    procfile: { web: 'run', worker: 'w' },
  });
  t.equal(built.status, 201, built.text);
  t.same(cluster.serving(), ['blog_v2.web.1.service']);
  const scaled = await admin('POST', '/v1/apps/blog/scale/', { web: 3, worker: '1' });
  t.equal(scaled.status, 204, scaled.text);
  t.equal(cluster.serving().length, 4);
  cluster.fewestServing('blog');
  const config = await admin('POST', '/v1/apps/blog/config/', { values: { A: 'x' } });
  t.equal(config.status, 201, config.text);
  t.equal(config.json.values.DEIS_RELEASE, 'v3');
  t.ok(cluster.fewestServing('blog') >= 3);
  const ps = await admin('GET', '/v1/apps/blog/containers/');
  t.same(
    ps.json.results.map((c: any) => `${c.type}.${c.num} ${c.state} (${c.release})`),
    ['web.1 up (v3)', 'web.2 up (v3)', 'web.3 up (v3)', 'worker.1 up (v3)'],
  );
  const restart = await admin('POST', '/v1/apps/blog/containers/restart/');
  t.equal(restart.status, 200, restart.text);
  t.ok(Array.isArray(restart.json));
  const back = await admin('POST', '/v1/apps/blog/releases/rollback/', { version: 2 });
  t.same(back.json, { version: 4 });
  console.log((await admin('GET', '/v1/apps/blog/logs')).text);
  const gone = await admin('DELETE', '/v1/apps/blog/');
  t.equal(gone.status, 204, gone.text);
  t.same(cluster.serving(), []);
});
