// `deis routing:set` at the API: what is taken, what is refused, and that a password never comes out.

import t from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { policiesOf } from '../../src/router/policy.ts';
import { setUp } from './api.ts';

void t.test('settings of an app', async (t) => {
  const { cluster, admin } = await setUp(t);
  const { registry } = cluster;
  const { signal } = new AbortController();
  const call = (method: string, settings?: object) =>
    admin(method, '/v2/apps/blog/routing', settings && { settings });
  await admin('POST', '/v1/apps/', { id: 'blog' });
  t.same((await call('GET')).json, { settings: {} });
  const set = await call('POST', { bodySize: '20m', basicAuth: 'ada:se:cret', maintenance: 'off' });
  t.match(set, {
    status: 200,
    json: { settings: { bodySize: '20m', basicAuth: 'ada:********', maintenance: 'off' } },
  });
  const stored = (await registry.get(keys.routing, ['blog'], signal))!.value.settings;
  t.notMatch(JSON.stringify(stored), 'se:cret');
  const { policies, refused } = policiesOf(['blog'], new Map([['blog', stored]]), {});
  t.match(policies['blog'], { body: 20 * 1024 * 1024, auth: /^ada:pbkdf2-sha256:/ });
  t.same(refused, {}, 'the router understands what the API wrote');
  for (const bad of [
    { bodySize: 'x' },
    { nothing: '1' },
    { nothing: null },
    { basicAuth: 'secret' },
  ]) {
    const answer = await call('POST', bad);
    t.equal(answer.status, 400, JSON.stringify(bad));
    t.notMatch(JSON.stringify(answer.json), 'secret');
  }
  await call('POST', { bodySize: null, basicAuth: null, maintenance: null });
  t.equal(await registry.get(keys.routing, ['blog'], signal), undefined, 'nothing set: no record');
});
