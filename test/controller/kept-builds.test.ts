// Slugs and logs of builds, which the builder leaves in the registry and in the store: what one may fetch, and who.

import { gzipSync } from 'node:zlib';
import t from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { put } from '../../src/registry/registry.ts';
import { newcomer, setUp } from './api.ts';

const signal = AbortSignal.timeout(60_000);
const SLUG = `sha256:${'b'.repeat(64)}`;

t.test('slugs and logs', async (t) => {
  const { admin, first, cluster } = await setUp(t);
  const { registry } = cluster;
  const { uuid } = (await admin('POST', '/v1/apps/', { id: 'blog' })).json;
  await admin('POST', '/v1/apps/blog/builds/', { image: 'blog', procfile: { web: 'run' } });
  const [build] = (await registry.list(keys.builds, ['blog'], signal)).items;

  const slug = '/v2/apps/blog/builds/latest/slug';
  t.equal((await admin('GET', slug)).status, 404, 'an image has none');
  t.equal((await admin('GET', '/v2/apps/blog/build-logs/latest')).status, 404);
  const log = (sha: string, outcome: 'released' | 'failed', text: string) => ({
    user: 'ada',
    sha: sha.repeat(40),
    outcome,
    ...(outcome === 'released' ? { release: 3 } : {}),
    started: '2026-01-01T00:00:00.000Z',
    ended: '2026-01-01T00:01:00.000Z',
    text: gzipSync(text).toString('base64'),
  });
  await registry.commit(
    [],
    [
      put(keys.builds, build!.ids, { ...build!.value, kind: 'buildpack', slug: SLUG, log: '001' }),
      put(keys.buildLogs, [uuid, '001'], log('a', 'released', '-----> ä compiled\n')),
      put(keys.buildLogs, [uuid, '002'], log('c', 'failed', 'no bin/detect\n')),
      put(keys.buildLogs, ['another-app', '003'], log('d', 'failed', 'secret\n')),
    ],
    signal,
  );

  const fetched = await admin('GET', slug);
  t.equal(fetched.status, 200);
  t.equal(fetched.headers['content-type'], 'application/gzip');
  t.equal(fetched.text, `the bytes of ${SLUG}`);
  const byId = await admin('GET', `/v2/apps/blog/builds/${build!.value.uuid}/slug`);
  t.equal(byId.text, fetched.text);
  t.match((await admin('GET', '/v2/apps/blog/builds/latest')).json, { slug: SLUG, log: '001' });

  const { json } = await admin('GET', '/v2/apps/blog/build-logs');
  t.same(
    json.results.map(({ id, outcome }: { id: string; outcome: string }) => [id, outcome]),
    [
      ['002', 'failed'],
      ['001', 'released'],
    ],
    'newest first, of this app alone, without their text',
  );
  t.notOk('text' in json.results[0]);
  t.match((await admin('GET', '/v2/apps/blog/build-logs/latest')).json, {
    text: 'no bin/detect\n',
  });
  const kept = await admin('GET', '/v2/apps/blog/build-logs/001');
  t.match(kept.json, { id: '001', user: 'ada', release: 3, text: '-----> ä compiled\n' });
  for (const id of ['003', '9', '..%2F..%2Fanother-app%2F003']) {
    t.equal((await admin('GET', `/v2/apps/blog/build-logs/${id}`)).status, 404, id);
  }
  const eve = await newcomer(first, 'eve');
  for (const path of [slug, '/v2/apps/blog/build-logs/001', '/v2/apps/blog/build-logs']) {
    t.equal((await eve('GET', path)).status, 403, path);
  }
});
