// The wire as the original client and its acceptance tests read it (reference §1.1–§1.3): each item of the checklist once.

import net from 'node:net';
import t from 'tap';
import { type Controller, newcomer, send, setUp } from './api.ts';
import http from 'node:http';

const VERSIONS = [
  'DEIS_API_VERSION',
  'DEIS_PLATFORM_VERSION',
  'X_DEIS_API_VERSION',
  'X_DEIS_PLATFORM_VERSION',
];

t.test('transport', async (t) => {
  const { first, admin } = await setUp(t);
  const { call } = first;

  t.test('the probe of the client', async (t) => {
    for (const path of ['/v1/', '/v1']) {
      const probe = await call('GET', path);
      t.equal(probe.status, 401);
      t.equal(probe.reason, 'UNAUTHORIZED');
      t.same(probe.json, { detail: 'Authentication credentials were not provided.' });
      t.equal(probe.headers['www-authenticate'], 'Token');
    }
    const known = await admin('GET', '/v1/');
    t.same([known.status, known.json], [200, {}]);
  });

  t.test(
    'version headers with literal underscores on every answer, upper-case reasons',
    async (t) => {
      await admin('POST', '/v1/apps/', { id: 'blog' });
      const answers: [string, string, number, string, unknown?][] = [
        ['GET', '/v1/apps/blog/', 200, 'OK'],
        ['POST', '/v1/apps/', 201, 'CREATED'],
        ['POST', '/v1/apps/', 400, 'BAD REQUEST', { id: 'NO' }],
        ['GET', '/v1/apps/nowhere/', 404, 'NOT FOUND'],
        ['GET', '/nowhere', 404, 'NOT FOUND'],
        ['GET', '/v1/nowhere/%zz', 400, 'BAD REQUEST'],
        ['PATCH', '/v1/apps/blog/', 405, 'METHOD NOT ALLOWED'],
        ['POST', '/v1/apps/blog/config/', 400, 'BAD REQUEST', '{"values":'],
        ['POST', '/v1/apps/blog/config/', 413, 'PAYLOAD TOO LARGE', 'x'.repeat(5_000_000)],
        ['POST', '/healthz', 405, 'METHOD NOT ALLOWED'],
        ['DELETE', '/v1/apps/blog/', 204, 'NO CONTENT'],
      ];
      for (const [method, path, status, reason, body] of answers) {
        const reply = await admin(method, path, body);
        t.same([reply.status, reply.reason], [status, reason], `${method} ${path}`);
        for (const name of VERSIONS)
          t.ok(reply.rawHeaders.includes(name), `${method} ${path} ${name}`);
        t.equal(reply.headers['deis_api_version'], '1.7');
        t.equal(reply.headers['deis_platform_version'], '1.13.4');
        if (status >= 400)
          for (const value of Object.values(reply.json))
            t.ok(typeof value === 'string' || Array.isArray(value));
      }
      t.match(
        await raw(first.port, 'nonsense\r\n\r\n'),
        /^HTTP\/1\.1 400 BAD REQUEST\r\nDEIS_API_VERSION: 1\.7\r\n/,
      );
    },
  );

  t.test('healthz', async (t) => {
    const healthy = await call('GET', '/healthz');
    t.same([healthy.status, healthy.text], [200, 'OK']);
    t.equal((await call('HEAD', '/healthz')).status, 200);
  });

  t.test('an empty JSON body is {}, a body of another kind is refused', async (t) => {
    const made = await admin('POST', '/v1/apps/');
    t.equal(made.status, 201);
    t.match(made.json.id, /^[a-z]{6}-[a-z]{8}$/);
    t.equal((await admin('POST', '/v1/apps/', ' ')).status, 201);
    const list = await admin('POST', '/v1/apps/', '[]');
    t.same(
      [list.status, list.json],
      [400, { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
    );
    const broken = await admin('POST', '/v1/apps/', '{"id": "secret-value"');
    t.match(broken.json.detail, /^JSON parse error - /);
    t.notMatch(broken.text, 'secret-value');
    t.match(
      (await admin('POST', '/v1/apps/', Buffer.from([0x22, 0xff, 0x22]).toString('latin1'))).status,
      400,
    );
    const deep = await admin('POST', '/v1/apps/x/scale/', '['.repeat(50_000) + ']'.repeat(50_000));
    t.same(
      [deep.status, deep.json],
      [400, { detail: 'JSON parse error - It is nested too deeply' }],
    );
    const deepObject = `${'{"values":'.repeat(9_000)}1${'}'.repeat(9_000)}`;
    t.equal((await admin('POST', '/v1/apps/x/config/', deepObject)).status, 400);
    t.equal((await admin('POST', '/v1/apps/', 'x', { 'content-type': 'text/xml' })).status, 415);
    t.equal(
      (await admin('POST', '/v1/apps/', undefined, { 'content-type': 'text/xml' })).status,
      201,
    );
  });

  t.test('slashes', async (t) => {
    for (const path of ['/v1/apps', '/v1/apps/', '/v1/users', '/v1/users/?page_size=1']) {
      t.equal((await admin('GET', path)).status, 200, path);
    }
  });

  t.test('login takes forms too', async (t) => {
    const form = await call('POST', '/v1/auth/login/', 'username=ada&password=secret', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    t.match(form.json.token, /^[0-9a-f]{40}$/);
    const parts = [
      '--b',
      'Content-Disposition: form-data; name="username"',
      '',
      'ada',
      '--b',
      'Content-Disposition: form-data; name="password"',
      '',
      'secret',
      '--b--',
      '',
    ];
    const multi = await call('POST', '/v1/auth/login/', parts.join('\r\n'), {
      'content-type': 'multipart/form-data; boundary=b',
    });
    t.equal(multi.status, 200, multi.text);
    const bad = await call('POST', '/v1/auth/login/', 'nonsense', {
      'content-type': 'multipart/form-data; boundary=b',
    });
    t.equal(bad.status, 400);
  });

  t.test('CORS and other versions', async (t) => {
    const preflight = await call('OPTIONS', '/v1/apps/');
    t.equal(preflight.status, 200);
    t.equal(preflight.headers['access-control-allow-origin'], '*');
    t.match(preflight.headers['access-control-allow-headers'], /Authorization/);
    const other = await admin('GET', '/v1/apps/', undefined, { 'deis-version': '2.0' });
    t.equal(other.status, 405);
    t.match(
      other.json.error,
      'Client and server versions do not match. Client version: 2.0 Server version: 1',
    );
    t.equal((await admin('GET', '/v1/apps/', undefined, { 'deis-version': '1' })).status, 200);
  });

  t.test('pages', async (t) => {
    const all = (await admin('GET', '/v1/apps/')).json;
    t.equal(typeof all.count, 'number');
    t.same([all.next, all.previous], [null, null]);
    const two = (await admin('GET', '/v1/apps/?page_size=1&page=2')).json;
    t.equal(two.count, all.count);
    t.equal(two.results.length, 1);
    t.match(
      two.next,
      new RegExp(`^http://127\\.0\\.0\\.1:${first.port}/v1/apps/\\?page_size=1&page=3$`),
    );
    t.match(two.previous, /page=1$/);
    t.equal((await admin('GET', '/v1/apps/?page=last&page_size=1')).json.next, null);
    t.equal((await admin('GET', '/v1/apps/?page=99')).status, 404);
    t.equal((await admin('GET', '/v1/apps/?page_size=nonsense')).json.results.length, all.count);
  });
});

t.test('credentials', async (t) => {
  const { first } = await setUp(t);
  const said = async (authorization: string): Promise<unknown> => {
    const reply = await first.call('GET', '/v1/apps/', undefined, { authorization });
    t.equal(reply.status, 401);
    return reply.json.detail;
  };
  t.equal(await said('token 0123'), 'Invalid token');
  t.equal(await said('token'), 'Invalid token header. No credentials provided.');
  t.equal(await said('token a b'), 'Invalid token header. Token string should not contain spaces.');
  t.equal(await said('Basic abc'), 'Authentication credentials were not provided.');
  const login = await first.call('POST', '/v1/auth/login/', {
    username: 'ada',
    password: 'secret',
  });
  const shouted = await first.call('GET', '/v1/apps/', undefined, {
    authorization: `ToKeN ${login.json.token}`,
  });
  t.equal(shouted.status, 200, 'the scheme word is case-insensitive');
});

t.test('with the store away every call answers 503 with a JSON body within 3 s', async (t) => {
  const { first, admin, another } = await setUp(t);
  await admin('POST', '/v1/apps/', { id: 'blog' });
  const second = await another();
  const calls: [string, string, unknown?][] = [
    ['GET', '/v1/apps/'],
    ['GET', '/v1/apps/blog/logs'],
    ['POST', '/v1/apps/blog/config/', { values: { A: 'x' } }],
    ['POST', '/v1/apps/blog/scale/', { web: 1 }],
    ['POST', '/v1/auth/login/', { username: 'ada', password: 'secret' }],
    ['POST', '/v1/auth/register/', { username: 'eve', password: 'secret' }],
    ['DELETE', '/v1/apps/blog/'],
  ];
  const login = await first.call('POST', '/v1/auth/login/', {
    username: 'ada',
    password: 'secret',
  });
  const authorization = `token ${login.json.token}`;
  for (const breakIt of ['sever', 'freeze'] as const) {
    second.store[breakIt]();
    await Promise.all(
      calls.map(async ([method, path, body]) => {
        const started = performance.now();
        const reply = await second.call(method, path, body, { authorization });
        t.equal(reply.status, 503, `${breakIt} ${method} ${path}`);
        t.equal(typeof reply.json?.detail, 'string');
        t.equal(reply.headers['deis_api_version'], '1.7');
        t.ok(performance.now() - started < 3000, `${Math.round(performance.now() - started)} ms`);
      }),
    );
    t.equal((await second.call('GET', '/healthz')).status, 200, 'its routers go on sending to it');
    second.store.heal();
  }
  t.equal((await second.call('GET', '/v1/apps/', undefined, { authorization })).status, 200);
});

t.test('asked to stop, it finishes what runs and takes nothing new', async (t) => {
  const { admin, first, cluster } = await setUp(t);
  await admin('POST', '/v1/apps/', { id: 'blog' });
  const building = admin('POST', '/v1/apps/blog/builds/', { image: 'blog:1' });
  while (cluster.serving().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const kept = new http.Agent({ keepAlive: true });
  t.teardown(() => kept.destroy());
  t.equal((await send(kept, first.port, 'GET', '/healthz')).status, 200);
  const stopped = first.stop();
  await t.rejects(first.call('GET', '/healthz'), { code: /ECONNREFUSED|ECONNRESET/ });
  t.equal((await building).status, 201);
  await stopped;
});

t.test('users', async (t) => {
  const { first, admin } = await setUp(t);
  const { call } = first;
  const register = (body: object): ReturnType<Controller['call']> =>
    call('POST', '/v1/auth/register/', body);

  const bob = await register({
    username: 'bob',
    password: 'pw',
    email: 'bob@example.org',
    is_superuser: true,
  });
  t.equal(bob.status, 201);
  t.match(bob.json, {
    username: 'bob',
    email: 'bob@example.org',
    is_superuser: false,
    is_staff: false,
    is_active: true,
    groups: [],
    user_permissions: [],
  });
  t.match(bob.json.date_joined, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  t.notOk('password' in bob.json);
  t.same((await register({ username: 'bob', password: 'x' })).json, {
    username: ['This field must be unique.'],
  });
  t.same((await register({ password: 'x' })).json, { username: ['This field is required.'] });
  t.same((await register({ username: null, password: 'x' })).json, {
    username: ['This field may not be null.'],
  });
  t.same((await register({ username: 'x', password: '' })).json, {
    password: ['This field may not be blank.'],
  });
  for (const username of ['a b', 'a/b', 'x'.repeat(31), 'a\n', '../x', 'ä%']) {
    t.equal((await register({ username, password: 'x' })).status, 400, JSON.stringify(username));
  }
  t.same((await call('POST', '/v1/auth/login/', { username: 'bob', password: 'no' })).json, {
    non_field_errors: ['Unable to log in with provided credentials.'],
  });
  const asBob = await newcomer(first, 'bob');
  t.equal((await asBob('GET', '/v1/users/')).status, 403);
  const users = (await admin('GET', '/v1/users/')).json;
  t.same(
    users.results.map((user: { username: string }) => user.username),
    ['ada', 'bob'],
  );

  t.equal(
    (await asBob('POST', '/v1/auth/passwd/', { password: 'no', new_password: 'n' })).status,
    400,
  );
  t.same((await asBob('POST', '/v1/auth/passwd/', { password: 'pw', new_password: 'new' })).json, {
    status: 'password set',
  });
  t.equal((await call('POST', '/v1/auth/login/', { username: 'bob', password: 'pw' })).status, 400);
  t.equal(
    (await admin('POST', '/v1/auth/passwd/', { username: 'bob', new_password: 'pw' })).status,
    200,
  );
  t.equal(
    (
      await asBob('POST', '/v1/auth/passwd/', {
        username: 'ada',
        password: 'pw',
        new_password: 'x',
      })
    ).status,
    403,
  );

  t.equal((await asBob('POST', '/v1/auth/tokens/', { all: true })).status, 403);
  const fresh = await asBob('POST', '/v1/auth/tokens/', {});
  t.match(fresh.json.token, /^[0-9a-f]{40}$/);
  t.equal((await asBob('GET', '/v1/apps/')).status, 401, 'the old token died at once');
  t.equal((await admin('GET', '/v1/apps/')).status, 200);

  const bobAgain = await newcomer(first, 'bob');
  await bobAgain('POST', '/v1/apps/', { id: 'bobs' });
  t.match((await bobAgain('DELETE', '/v1/auth/cancel/', '')).json, {
    detail: 'bob still has applications assigned. Delete or transfer ownership',
  });
  t.equal((await bobAgain('POST', '/v1/apps/bobs/', { owner: 'ada' })).status, 200);
  t.equal((await admin('DELETE', '/v1/auth/cancel/', { username: 'bob' })).status, 204);
  t.equal((await bobAgain('GET', '/v1/apps/')).status, 401);

  t.same((await admin('POST', '/v1/auth/tokens/', { all: true })).json, { token: '' });
  t.equal((await admin('GET', '/v1/apps/')).status, 401);
});

t.test('of many first visitors exactly one becomes superuser', async (t) => {
  const { another, first, admin } = await setUp(t);
  t.equal((await admin('DELETE', '/v1/auth/cancel/')).status, 204);
  const second = await another();
  const names = Array.from({ length: 8 }, (_, index) => `user${index}`);
  const replies = await Promise.all(
    names.map((username, index) =>
      (index % 2 ? first : second).call('POST', '/v1/auth/register/', { username, password: 'x' }),
    ),
  );
  t.same(
    replies.map(({ status }) => status),
    names.map(() => 201),
  );
  t.equal(replies.filter(({ json }) => json.is_superuser).length, 1);
});

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
    let said = '';
    socket.on('data', (chunk) => (said += String(chunk)));
    socket.on('close', () => resolve(said));
    socket.on('error', reject);
  });
}
