// Apps over the API as the reference describes them (§1.4, §1.7–§1.14): shapes, texts, permissions, hostile input.

import t from 'tap';
import { openSettings } from '../../src/controller/app/secret-values.ts';
import { keys } from '../../src/registry/keys.ts';
import { type Reply, newcomer, setUp, vault } from './api.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dUTC$/;
const signal = AbortSignal.timeout(60_000);
// They mostly wait, so they wait together.
t.jobs = 4;

const shape = ({ json }: Reply): string[] => Object.keys(json as object).sort();

t.test('apps', { buffered: true }, async (t) => {
  const { admin, first } = await setUp(t);
  const made = await admin('POST', '/v1/apps/', { id: 'blog' });
  t.equal(made.status, 201);
  t.same(shape(made), ['created', 'id', 'owner', 'structure', 'updated', 'url', 'uuid']);
  t.match(made.json, {
    id: 'blog',
    owner: 'ada',
    url: 'blog.paas.localhost',
    structure: {},
    uuid: UUID,
    created: DATE,
  });
  t.same((await admin('POST', '/v1/apps/', { id: 'blog' })).json, {
    id: ['This field must be unique.'],
  });
  t.same((await admin('POST', '/v1/apps/', { id: 'deis' })).json, {
    id: ['deis is a reserved name.'],
  });
  for (const id of [
    'A',
    'a_b',
    '../x',
    'a.b',
    '{{x}}',
    "a'b",
    'a\n[Service]',
    '-x',
    'x'.repeat(64),
    '$(reboot)',
  ]) {
    const refused = await admin('POST', '/v1/apps/', { id });
    t.equal(refused.status, 400, JSON.stringify(id));
    t.ok(Array.isArray(refused.json.id));
  }
  for (const id of ['FOO', 'no_such', '%2e%2e', 'a%2fb', 'nothing']) {
    t.same((await admin('GET', `/v1/apps/${id}/`)).json, { detail: 'Not found' }, id);
  }
  const race = await Promise.all(
    Array.from({ length: 6 }, () => admin('POST', '/v1/apps/', { id: 'race' })),
  );
  t.same(
    race.map(({ status }) => status).sort((a, b) => a - b),
    [201, 400, 400, 400, 400, 400],
  );

  const bob = await newcomer(first, 'bob');
  t.equal((await bob('GET', '/v1/apps/')).json.count, 0);
  t.equal((await admin('POST', '/v1/apps/race/', { owner: 'nobody' })).status, 404);
  const given = await admin('POST', '/v1/apps/race/', { owner: 'bob' });
  t.same([given.status, given.text], [200, '']);
  t.same(
    (await bob('GET', '/v1/apps/')).json.results.map((app: { id: string }) => app.id),
    ['race'],
  );
});

t.test('permissions', { buffered: true }, async (t) => {
  const { admin, first, cluster } = await setUp(t);
  const [bob, eve] = [await newcomer(first, 'bob'), await newcomer(first, 'eve')];
  await bob('POST', '/v1/apps/', { id: 'bobs' });
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', 'config/'],
    ['GET', 'config/'],
    ['GET', 'containers/'],
    ['GET', 'logs'],
    ['POST', 'builds/'],
    ['GET', 'releases/'],
    ['POST', 'scale/'],
    ['GET', 'perms/'],
    ['POST', 'perms/'],
    ['POST', 'releases/rollback/'],
    ['POST', 'containers/restart/'],
  ] as const) {
    const refused = await eve(method, `/v1/apps/bobs/${path}`, {});
    t.same(
      [refused.status, refused.json],
      [403, { detail: 'You do not have permission to perform this action.' }],
      `${method} ${path}`,
    );
    t.equal((await eve(method, `/v1/apps/nobodys/${path}`, {})).status, 404);
  }
  t.equal((await admin('GET', '/v1/apps/bobs/')).status, 200, 'a superuser may');
  t.equal((await bob('POST', '/v1/apps/bobs/perms/', { username: 'nobody' })).status, 404);
  const granted = await bob('POST', '/v1/apps/bobs/perms/', { username: 'eve' });
  t.same([granted.status, granted.text], [201, '']);
  t.same((await eve('GET', '/v1/apps/bobs/perms/')).json, { users: ['eve'] });
  t.equal((await eve('POST', '/v1/apps/bobs/config/', { values: { A: 'x' } })).status, 201);
  t.equal((await eve('DELETE', '/v1/apps/bobs/')).status, 403, 'a collaborator may not DELETE');
  t.equal((await eve('POST', '/v1/apps/bobs/perms/', { username: 'ada' })).status, 403);
  t.equal((await eve('POST', '/v1/apps/bobs/', { owner: 'eve' })).status, 403);
  t.equal((await eve('DELETE', '/v1/apps/bobs/perms/ada')).status, 403);
  t.equal((await eve('DELETE', '/v1/apps/bobs/perms/eve')).status, 204, 'but remove itself');
  t.equal((await eve('GET', '/v1/apps/bobs/')).status, 403);
  t.match(
    (await bob('GET', '/v1/apps/bobs/logs')).text,
    /User eve was granted access to bobs\n.*User eve was revoked/s,
  );

  await eve('POST', '/v1/apps/', { id: 'eves' });
  const stolen = await eve('POST', '/v1/apps/eves/builds/', { image: 'bobs:1' });
  t.same([stolen.status, stolen.json], [403, { detail: 'Repository name bobs is not allowed' }]);
  t.equal((await eve('POST', '/v1/apps/eves/builds/', { image: 'deis/controller' })).status, 403);
  t.same((await cluster.store.list(keys.builds.prefix, signal)).entries, []);

  t.equal((await admin('GET', '/v1/admin/perms/')).json.results[0].username, 'ada');
  t.equal((await bob('POST', '/v1/admin/perms/', { username: 'bob' })).status, 403);
  t.equal((await admin('POST', '/v1/admin/perms/', { username: 'bob' })).status, 201);
  t.equal((await bob('DELETE', '/v1/admin/perms/ada/')).status, 204);
  t.equal((await bob('DELETE', '/v1/admin/perms/bob/')).status, 409, 'one superuser must be left');
});

t.test('config', { buffered: true }, async (t) => {
  const { admin, cluster, events } = await setUp(t);
  await admin('POST', '/v1/apps/', { id: 'blog' });
  const hostile: Record<string, string> = {
    NEWLINES: 'a\nb\r\nc\n',
    QUOTES: `'"\`\\"'`,
    SYSTEMD: '%n %% $PATH ${HOME}\n[Service]\nExecStart=/bin/false',
    TEMPLATE: '{{x}} {{{y}}}',
    UNICODE: 'ünïcödé ✓ 🚀 \u202e',
    CONTROL: '\u0001\u001b[31m\t',
    LARGE: 'x'.repeat(64 * 1024),
    DOCKER_HOST: 'tcp://evil',
    LD_PRELOAD: '/tmp/x.so',
    PATH: '/nowhere',
    constructor: 'mine',
    EMPTY: '',
  };
  const set = await admin('POST', '/v1/apps/blog/config/', { values: hostile });
  t.equal(set.status, 201, set.text.slice(0, 200));
  t.same(shape(set), [
    'app',
    'cpu',
    'created',
    'memory',
    'owner',
    'tags',
    'updated',
    'uuid',
    'values',
  ]);
  t.same(set.json.values, hostile, 'without a build no DEIS_ values');
  t.same((await admin('GET', '/v1/apps/blog/config/')).json.values, hostile);
  const record = (await cluster.registry.list(keys.configs, ['blog'], signal)).items.find(
    ({ ids }) => ids[1] === set.json.uuid,
  )!;
  t.same(openSettings(vault, record.value).values, hostile);
  t.throws(
    () => openSettings(vault, { ...record.value, app: 'other' }),
    { code: 'internal' },
    'not for another app',
  );
  const everything = JSON.stringify([
    (await cluster.store.list(keys.apps.prefix.slice(0, 6), signal)).entries,
    events,
  ]);
  for (const secret of ['tcp://evil', '/tmp/x.so', 'ünïcödé', 'ExecStart=/bin/false']) {
    t.notMatch(everything, secret, `${secret} is neither in the store nor in a log`);
  }

  const more = await admin('POST', '/v1/apps/blog/config/', {
    values: JSON.stringify({ LARGE: null, NEW: 5 }),
    memory: { web: '512M' },
    cpu: { web: '256' },
    tags: { disk: 'ssd' },
  });
  t.equal(more.headers['deis-release'], '3');
  t.equal(more.headers['x-deis-release'], '3');
  t.match(more.json, {
    values: { NEW: '5' },
    memory: { web: '512M' },
    cpu: { web: 256 },
    tags: { disk: 'ssd' },
  });
  t.notOk('LARGE' in more.json.values);
  const releases = (await admin('GET', '/v1/apps/blog/releases/')).json.results;
  t.equal(
    releases[0].summary,
    'ada added NEW, deleted LARGE and changed limits for memory, cpu and added tag disk',
  );
  t.same((await admin('POST', '/v1/apps/blog/config/', { values: { 'A B': '1' } })).json, {
    values: ['Config keys must start with a letter or underscore and only contain [A-z0-9_]'],
  });
  t.same((await admin('POST', '/v1/apps/blog/config/', { values: '{' })).json, {
    values: ['Value must be valid JSON.'],
  });
  t.same((await admin('POST', '/v1/apps/blog/config/', { values: [] })).json, {
    values: ['Expected a dictionary of values.'],
  });
  t.match(
    (await admin('POST', '/v1/apps/blog/config/', '{"values":{"__proto__":"x"}}')).status,
    400,
  );
  const nothing = await admin('POST', '/v1/apps/blog/config/', {});
  t.equal(nothing.headers['deis-release'], '4', 'every POST makes a release');
  const many = Object.fromEntries(
    Array.from({ length: 13 }, (_, index) => [`V${index}`, 'y'.repeat(65_000)]),
  );
  const full = await admin('POST', '/v1/apps/blog/config/', { values: many });
  t.match(full.json, { values: [/at most 768 KB/] });
});

t.test('builds, releases, containers', { buffered: true }, async (t) => {
  const { admin } = await setUp(t);
  await admin('POST', '/v1/apps/', { id: 'blog' });
  t.same((await admin('POST', '/v1/apps/blog/scale/', { web: 1 })).json, {
    detail: 'No build associated with this release',
  });
  t.same((await admin('POST', '/v1/apps/blog/builds/', {})).json, {
    image: ['This field is required.'],
  });
  for (const body of [
    { image: 'a b' },
    { image: 'x', procfile: { 'we b': 'x' } },
    { image: 'x', procfile: { 'web\n[Service]': 'x' } },
    { image: 'x', procfile: { web: '' } },
    { image: 'x', sha: 'x'.repeat(41) },
    { image: 'x', procfile: 'web: x' },
  ]) {
    t.equal(
      (await admin('POST', '/v1/apps/blog/builds/', body)).status,
      400,
      JSON.stringify(body).slice(0, 60),
    );
  }
  t.same((await admin('POST', '/v1/apps/blog/builds/', { image: 'unknown:1' })).json, {
    image: ["The image unknown:1 is not in the platform's registry. Push it first."],
  });
  const built = await admin('POST', '/v1/apps/blog/builds/', {
    image: 'blog:1',
    procfile: JSON.stringify({ web: 'serve', job: 'work' }),
  });
  t.equal(built.status, 201, built.text);
  t.same(shape(built), [
    'app',
    'created',
    'dockerfile',
    'image',
    'owner',
    'procfile',
    'sha',
    'updated',
    'uuid',
  ]);
  t.match(built.json, {
    image: 'blog:1',
    sha: '',
    dockerfile: '',
    procfile: { web: 'serve', job: 'work' },
    uuid: UUID,
  });
  t.equal((await admin('GET', `/v1/apps/blog/builds/${built.json.uuid}/`)).json.image, 'blog:1');
  t.equal((await admin('GET', '/v1/apps/blog/builds/nothing/')).status, 404);

  t.equal((await admin('POST', '/v1/apps/blog/scale/', { web: 2, job: '1' })).status, 204);
  t.match(
    (await admin('POST', '/v1/apps/blog/scale/', { web: 'x' })).json.detail,
    /^Invalid scaling format: /,
  );
  t.match(
    (await admin('POST', '/v1/apps/blog/scale/', { web: -1 })).json.detail,
    /Must be greater than or equal to zero/,
  );
  t.match(
    (await admin('POST', '/v1/apps/blog/scale/', { other: 1 })).json.detail,
    /does not exist in application/,
  );
  const list = (await admin('GET', '/v1/apps/blog/containers/')).json;
  t.equal(list.count, 3);
  t.same(Object.keys(list.results[0]).sort(), [
    'app',
    'created',
    'num',
    'owner',
    'release',
    'state',
    'type',
    'updated',
    'uuid',
  ]);
  t.match(list.results[0], {
    type: 'job',
    num: 1,
    state: 'up',
    release: 'v2',
    uuid: UUID,
    created: DATE,
  });
  t.same((await admin('GET', '/v1/apps/blog/containers/')).json, list, 'the same again');
  t.equal((await admin('GET', '/v1/apps/blog/containers/web/')).json.count, 2);
  t.match((await admin('GET', '/v1/apps/blog/containers/web/2/')).json, { type: 'web', num: 2 });
  t.equal((await admin('GET', '/v1/apps/blog/containers/web/9/')).status, 404);
  t.equal((await admin('POST', '/v1/apps/blog/containers/web/9/restart/')).status, 404);
  const one = await admin('POST', '/v1/apps/blog/containers/web/2/restart/');
  t.same(
    one.json.map(({ type, num }: { type: string; num: number }) => `${type}.${num}`),
    ['web.2'],
  );

  const release = await admin('GET', '/v1/apps/blog/releases/v2/');
  t.same(shape(release), [
    'app',
    'build',
    'config',
    'created',
    'owner',
    'summary',
    'updated',
    'uuid',
    'version',
  ]);
  t.match(release.json, { version: 2, summary: 'ada deployed blog:1', build: built.json.uuid });
  t.match((await admin('GET', '/v1/apps/blog/releases/v1/')).json, {
    build: null,
    summary: 'ada created initial release',
  });
  t.equal((await admin('GET', '/v1/apps/blog/releases/v9/')).status, 404);
  t.equal((await admin('POST', '/v1/apps/blog/releases/')).status, 405);
  t.equal((await admin('POST', '/v1/apps/blog/releases/rollback/', { version: 9 })).status, 404);
  t.same((await admin('POST', '/v1/apps/blog/releases/rollback/', { version: 0 })).json, {
    detail: 'version cannot be below 0',
  });
  t.equal(
    (await admin('POST', '/v1/apps/blog/releases/rollback/', { version: 1 })).status,
    400,
    'v1 could run nothing',
  );
  await admin('DELETE', '/v1/apps/blog/');
});

t.test('logs', { buffered: true }, async (t) => {
  const { admin, said } = await setUp(t);
  await admin('POST', '/v1/apps/', { id: 'blog' });
  said.push(
    { process: 'web.1', line: 'hello: world' },
    { process: 'web.2', line: 'x'.repeat(65_536) },
  );
  const logs = await admin('GET', '/v1/apps/blog/logs');
  t.match(logs.headers['content-type'], /^text\/plain/);
  const lines = logs.text.split('\n');
  t.match(
    lines[0],
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dUTC blog\[deis-controller\]: ada created initial release$/,
  );
  t.match(lines[1], /^\S+ blog\[web\.1\]: hello: world$/);
  t.equal(lines[2]!.split(': ')[1], 'x'.repeat(65_536));
  t.equal((await admin('GET', '/v1/apps/blog/logs?log_lines=1')).text.split('\n').length, 1);
  t.equal(
    (await admin('GET', '/v1/apps/blog/logs/?log_lines=nonsense')).text.split('\n').length,
    3,
  );
});
