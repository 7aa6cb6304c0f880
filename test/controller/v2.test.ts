// The contract of /v2: its OpenAPI document is valid, and each row answers what the document says. A new row needs a sample
// here unless it is a GET whose only parameter is the app.

import http from 'node:http';
import { createRequire } from 'node:module';
import t, { type Test } from 'tap';
import { ROUTES } from '../../src/controller/routes.ts';
import { type Controller, type Setup, newcomer, setUp } from './api.ts';

/** Both are CommonJS or without types that fit. */
const load = createRequire(import.meta.url);
const { Ajv2020 } = load('ajv/dist/2020.js') as {
  Ajv2020: new (options: object) => {
    compile(schema: unknown): ((data: unknown) => boolean) & { errors?: unknown };
  };
};
const { Validator } = (await import('@seriousme/openapi-schema-validator')) as unknown as {
  Validator: new () => {
    validate(document: object): Promise<{ valid: boolean; errors?: unknown }>;
    version: string;
  };
};

interface Sample {
  /** With its parameters filled in and its query. */
  path?: string;
  body?: unknown;
}

/** By method and path. Rows run in their own order, after those below `apps/:id`. */
const SAMPLES: Record<string, Sample> = {
  'GET /apps/:id/builds/:uuid': { path: '/apps/blog/builds/latest' },
  'GET /apps/:id/releases/:version': { path: '/apps/blog/releases/2' },
  'PATCH /apps/:id/config': {
    body: { values: { A: null, B: 'x' }, memory: { web: '64M' }, cpu: { web: 2 } },
  },
  'POST /apps/:id/registry': {
    body: { host: 'quay.io', username: 'bob', password: 'secret' },
  },
  'PUT /apps/:id/policy': { body: { batch: 2 } },
  'PATCH /apps/:id/policy': { body: { batch: null, autoRevert: true } },
  'POST /apps/:id/drains': { body: { url: 'udp://127.0.0.1:5140' } },
  'DELETE /apps/:id/drains/:drain': { path: '/apps/blog/drains/udp%3A%2F%2F127.0.0.1%3A5140' },
  'POST /apps/:id/routing': { body: { settings: { bodySize: '20m', whitelist: null } } },
  'DELETE /apps/:id/registry/:host': { path: '/apps/blog/registry/quay.io' },
};
/** Checked by tests of their own: streams, and what needs a deployment that runs (policy.test.ts). */
const ELSEWHERE = [
  'POST /apps/:id/deployment/cancel',
  'POST /apps/:id/deployment/resume',
  'GET /apps/:id/events',
  'GET /apps/:id/builds/:uuid/slug',
  'GET /apps/:id/build-logs/:log',
];

// eslint-disable-next-line typescript/no-explicit-any
type Json = any;

t.setTimeout(120_000);

t.test('the document', { timeout: 90_000 }, async (t) => {
  const { first, admin } = await setUp(t);
  const reply = await first.call('GET', '/v2/openapi.json');
  t.equal(reply.status, 200, 'for anybody');
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(reply.json));
  t.ok(valid, JSON.stringify(errors));
  t.equal(validator.version, '3.1');
  const wrong = structuredClone(reply.json);
  wrong.paths['/v2/apps'].get.responses = 'x';
  t.notOk((await new Validator().validate(wrong)).valid, 'the check can fail');

  await withApp(admin);
  for (const { version, doc, method, path } of ROUTES) {
    if (version !== 'v2' || !doc) continue;
    const name = `${method} ${path}`;
    if (ELSEWHERE.includes(name) || (doc.produces && !SAMPLES[name])) continue;
    const sample = SAMPLES[name] ?? (isPlain(method, path) ? {} : undefined);
    if (!sample) {
      t.fail(`${name} has no sample in test/controller/v2.test.ts`);
      continue;
    }
    const url = `/v2${sample.path ?? path.replace(':id', 'blog')}`;
    const answer = await admin(method, url, sample.body);
    t.equal(answer.status, doc.status, `${name} ${answer.text.slice(0, 300)}`);
    const entry: Json =
      reply.json.paths[`/v2${path.replaceAll(/:(\w+)/g, '{$1}')}`][method.toLowerCase()];
    const schema = entry.responses[String(doc.status)]?.content?.['application/json']?.schema;
    if (schema === undefined) t.equal(answer.text, '', `${name} has no body`);
    else holds(t, schema, answer.json, name);
    const bad = await admin(method, url.replace('blog', 'nothing'), sample.body);
    if (path.includes(':id')) {
      t.equal(bad.status, 404, `${name} of no app`);
      holds(t, reply.json.components.schemas.Problem, bad.json, name);
    }
  }
});

t.test('wrong requests name the field', async (t) => {
  const { admin, first } = await setUp(t);
  await withApp(admin);
  t.same((await admin('PATCH', '/v2/apps/blog/config', { values: { A: 1 }, more: 1 })).status, 400);
  const { json } = await admin('PATCH', '/v2/apps/blog/config', { values: { A: 1 } });
  t.same(Object.keys(json), ['values.A']);
  t.equal((await admin('GET', '/v2/apps/blog/events?topics=nothing')).status, 400);
  t.equal((await admin('PUT', '/v2/apps')).status, 405);
  t.equal((await first.call('GET', '/v2/apps')).status, 401);
  const eve = await newcomer(first, 'eve');
  t.equal((await eve('GET', '/v2/apps/blog')).status, 403);
  t.equal((await eve('GET', '/v2/trail')).status, 403);
});

t.test('the trail: who, when, what, which release, which request', async (t) => {
  const { admin } = await setUp(t);
  await withApp(admin);
  const id = { 'x-request-id': 'from-the-router-1' };
  const set = await admin('POST', '/v1/apps/blog/config/', { values: { SECRET: 'hush' } }, id);
  t.equal(set.headers['deis-request-id'], 'from-the-router-1');
  const odd = await admin('GET', '/v1/apps/', undefined, { 'x-request-id': 'a b\tc"' });
  t.match(odd.headers['deis-request-id'], /^[0-9a-f-]{36}$/, 'an unsound id is not taken');
  const { json, text } = await admin('GET', '/v2/apps/blog/trail');
  t.match(json.results[0], {
    user: 'ada',
    action: 'config:set',
    text: 'ada added SECRET',
    release: 3,
    request: 'from-the-router-1',
  });
  t.same(
    json.results.map(({ action }: { action: string }) => action),
    ['config:set', 'builds:create', 'apps:create'],
  );
  t.notMatch(text, 'hush');
  await admin('DELETE', '/v1/apps/blog/');
  t.match((await admin('GET', '/v2/trail')).json.results[0], { action: 'apps:destroy' });
  await admin('POST', '/v1/apps/', { id: 'blog' });
  const anew = await admin('GET', '/v2/apps/blog/trail');
  t.equal(anew.json.count, 1, 'a new app does not inherit the trail');
});

t.test('the stream of events', { timeout: 90_000 }, async (t) => {
  const setup = await setUp(t);
  const { admin, first } = setup;
  await withApp(admin);
  const eve = await newcomer(first, 'eve');
  t.equal((await eve('GET', '/v2/apps/blog/events')).status, 403);
  setup.said.push({ process: 'web.1', line: 'hello' });
  const stream = await listen(setup, '/v2/apps/blog/events');
  t.equal(stream.type, 'text/event-stream');
  t.match(await stream.next('containers'), [{ name: 'blog_v2.web.1', state: 'up' }]);
  t.match(await stream.next('log'), { process: 'web.1', text: 'hello' });
  await admin('POST', '/v1/apps/blog/scale/', { web: 2 });
  const done = await stream.next(
    'deployment',
    (data) => data.finished && data.kind === 'scale' && data.structure.web === 2,
  );
  t.equal(done.step, 'done');
  const both = await stream.next('containers', (data) => data.length === 2);
  t.same(
    both.map(({ name }: { name: string }) => name),
    ['blog_v2.web.1', 'blog_v2.web.2'],
  );
  const { paths } = (await first.call('GET', '/v2/openapi.json')).json;
  const schemaOf = (path: string): Json =>
    paths[path].get.responses['200'].content['application/json'].schema;
  holds(t, schemaOf('/v2/apps/{id}/deployment'), done, 'deployment');
  holds(t, schemaOf('/v2/apps/{id}/containers').properties.results, both, 'containers');
  await admin('DELETE', '/v1/apps/blog/');
  t.same(await stream.next('end'), {}, 'it ends with the app');
  await stream.ended;

  await withApp(admin, 'shop');
  const other = await listen(setup, '/v2/apps/shop/events?topics=containers');
  await other.next('containers');
  const began = performance.now();
  await first.stop();
  t.match(await other.next('end'), { reason: 'the controller stops' });
  t.ok(performance.now() - began < 5000, 'no stream holds a controller that must go');
});

async function withApp(admin: Controller['call'], id = 'blog'): Promise<void> {
  await admin('POST', '/v1/apps/', { id });
  await admin('POST', `/v1/apps/${id}/builds/`, { image: id, procfile: { web: 'run' } });
}

function isPlain(method: string, path: string): boolean {
  return method === 'GET' && !path.replace(':id', '').includes(':');
}

function holds(t: Test, schema: Json, data: unknown, name: string): void {
  const check = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  t.ok(check(data), `${name} is as documented ${JSON.stringify(check.errors ?? '')}`);
}

/** Server-sent events, as they come. */
async function listen({ first, adminToken }: Setup, path: string) {
  const headers = { authorization: `token ${adminToken}` };
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const request = http.get(
      { port: first.port, path, host: '127.0.0.1', agent: false, headers },
      resolve,
    );
    request.on('error', reject);
  });
  const events: { event: string; data: Json }[] = [];
  let wake = (): void => undefined;
  let rest = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string): string | undefined =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const event = field('event');
      if (event) events.push({ event, data: JSON.parse(field('data') ?? 'null') });
    }
    wake();
  });
  const ended = new Promise((resolve) => response.once('close', resolve));
  return {
    type: response.headers['content-type'],
    ended,
    /** The first event that is so and was not taken yet. */
    async next(event: string, isIt: (data: Json) => unknown = () => true): Promise<Json> {
      const end = performance.now() + 20_000;
      for (;;) {
        const index = events.findIndex((one) => one.event === event && isIt(one.data));
        if (index >= 0) return events.splice(index, 1)[0]!.data;
        if (performance.now() > end) throw new Error(`no ${event} came: ${JSON.stringify(events)}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 500);
        });
      }
    },
  };
}
