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

void t.test('DEIS_WHITELIST of Deis v1 is that setting', async (t) => {
  const { cluster, admin } = await setUp(t);
  const { signal } = new AbortController();
  const whitelist = async () =>
    (await cluster.registry.get(keys.routing, ['blog'], signal))?.value.settings['whitelist'];
  const set = (value: string | null) =>
    admin('POST', '/v1/apps/blog/config', { values: { DEIS_WHITELIST: value, OTHER: 'x' } });
  await admin('POST', '/v1/apps/', { id: 'blog' });
  t.equal((await set('10.0.0.0/8:office,192.168.1.7')).status, 201);
  t.equal(await whitelist(), '10.0.0.0/8:office,192.168.1.7');
  const bad = await set('10.0.0.0/8,nonsense');
  t.match(bad, { status: 400, json: { values: [/DEIS_WHITELIST: "nonsense" is not an address/] } });
  t.equal(await whitelist(), '10.0.0.0/8:office,192.168.1.7');
  await admin('POST', '/v1/apps/blog/config', { values: { OTHER: 'y' } });
  t.ok(await whitelist(), 'a change of something else leaves it');
  t.equal((await set(null)).status, 201);
  t.equal(await whitelist(), undefined);
});
