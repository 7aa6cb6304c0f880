// What nobody who means well would send: names, contents, bodies, headers, races, a store that is away. Nothing of it reaches a machine,
// and the next one is served as if nothing had been.

import { connect } from 'node:net';
import t from 'tap';
import { keys } from '../../src/registry/keys.ts';
import { put, remove } from '../../src/registry/registry.ts';
import { LARGEST_UNIT } from '../../src/fleet/unit-options.ts';
import { askAt } from './ask.ts';
import { fleetWorld, JSON_TYPE, until } from './world.ts';

const world = await fleetWorld({ agent: false });
const signal = AbortSignal.timeout(60_000);
const SLEEP = { section: 'Service', name: 'ExecStart', value: '/bin/sleep infinity' };
const errorOf = (body: string): string =>
  (JSON.parse(body) as { error: { message: string } }).error.message;

void t.test('names', async (t) => {
  const bad: [string, RegExp][] = [
    ['.service', /cannot start in/],
    ['..%2Fescape.service', /^$/],
    ['a%00b.service', /invalid character '\\x00'/],
    ['a%0Ab.service', /invalid character '\\n'/],
    ["a'b.service", /invalid character '\\''/],
    ['%F0%9F%98%80.service', /invalid character/],
    ['a.SERVICE', /invalid unit type: "SERVICE"/],
    ['a.service%20', /invalid unit type: "service "/],
    [`${'x'.repeat(249)}.service`, /maximum length \(256\)/],
    ['__proto__', /must contain/],
    ['constructor', /must contain/],
    ['%zz.service', /malformed path/],
  ];
  for (const [name, message] of bad) {
    const answer = await world.ask(`/fleet/v1/units/${name}`, {
      method: 'PUT',
      headers: JSON_TYPE,
      body: JSON.stringify({ options: [SLEEP] }),
    });
    t.ok(answer.status === 400 || answer.status === 404, `${name}: ${answer.status}`);
    t.match(errorOf(answer.body), message);
  }
  const odd = ['a\\x2db.service', 'a:b.service', '...service', `${'x'.repeat(248)}.service`];
  for (const name of odd) {
    t.match(await world.put(name, { options: [SLEEP] }), { status: 201 }, name);
    const path = `/fleet/v1/units/${encodeURIComponent(name)}`;
    t.match(await world.read(path), { name });
    t.match(await world.ask(path, { method: 'DELETE' }), { status: 204 });
  }
  await until('all are forgotten', async () => (await records()) === 0);
});

async function records(): Promise<number> {
  return (await world.registry.list(keys.foreignUnits, [], signal)).items.length;
}

void t.test('contents', async (t) => {
  const option = (patch: Partial<typeof SLEEP>) => ({ options: [{ ...SLEEP, ...patch }] });
  const bad: [unknown, number][] = [
    [option({ value: 'a\n[Install]\nWantedBy=x' }), 400],
    [option({ value: 'a\nExecStart=/bin/evil' }), 400],
    [option({ name: 'A=B\nC' }), 400],
    [option({ name: '' }), 400],
    [option({ section: 'A]\n[B' }), 400],
    [option({ value: 'nul\0' }), 400],
    [option({ value: 'x'.repeat(2048) }), 400],
    [{ options: [null] }, 400],
    [{ options: 'x' }, 400],
    [{ options: [{ section: 1 }] }, 400],
    [{ name: 7 }, 400],
    [[], 400],
    ['"text"', 400],
    ['', 400],
    ['{"options":[', 400],
    ['[', 400],
    ['['.repeat(500_000), 400],
    ['{"options":[{"section":"S","name":"N","value":"\\ud800"}],"desiredState":"gone"}', 400],
    [{ options: Array.from({ length: 3000 }, () => ({ ...SLEEP, value: 'y'.repeat(100) })) }, 413],
    ['x'.repeat(1024 * 1024 + 1), 413],
  ];
  for (const [body, status] of bad) {
    const answer = await world.put('bad.service', body);
    t.equal(answer.status, status, `${JSON.stringify(body).slice(0, 60)}: ${answer.body}`);
    t.type(errorOf(answer.body), 'string');
  }
  t.equal(await records(), 0, 'none of it was kept');
  const kept = { Options: [{ ...SLEEP, VALUE: 'a \\\nb' }], DESIREDSTATE: 'inactive', other: [{}] };
  t.match(await world.put('lenient.service', `${JSON.stringify(kept)} and more`), { status: 201 });
  const { options } = await world.read<{ options: unknown[] }>('/v1-alpha/units/lenient.service');
  t.strictSame(options, [{ name: 'ExecStart', section: 'Service', value: 'a \\\nb' }]);
  const lines = Math.floor(LARGEST_UNIT / 120);
  const large = Array.from({ length: lines }, () => ({ ...SLEEP, value: 'z'.repeat(100) }));
  t.match(await world.put('large.service', { options: large }), { status: 201 });
});

void t.test('verbs and content types', async (t) => {
  const path = '/fleet/v1/units/lenient.service';
  for (const method of ['POST', 'PATCH', 'OPTIONS', 'BREW']) {
    const { status } = await world.ask(path, { method }).catch(() => ({ status: 400 }));
    t.ok(status === 405 || status === 400, `${method}: ${status}`);
  }
  for (const item of ['state', 'units', 'state/lenient.service']) {
    t.match(await world.ask(`/fleet/v1/${item}`, { method: 'DELETE' }), { status: 405 }, item);
  }
  const types = [[], ['content-type', 'text/json'], [...JSON_TYPE, ...JSON_TYPE]];
  for (const headers of types) {
    t.match(await world.ask(path, { method: 'PUT', headers, body: '{}' }), { status: 415 });
  }
});

void t.test('pages', async (t) => {
  const names = Array.from({ length: 108 }, (_, index) => `page-${String(index).padStart(3, '0')}`);
  await Promise.all(names.map((name) => world.put(`${name}.service`, { options: [SLEEP] })));
  const seen: string[] = [];
  const sizes: number[] = [];
  interface Page {
    units?: { name: string }[];
    nextPageToken?: string;
  }
  for (let token: string | undefined = ''; token !== undefined;) {
    const query: string = token === '' ? '' : `?nextPageToken=${token}`;
    const page: Page = await world.read<Page>(`/fleet/v1/units${query}`);
    seen.push(...(page.units ?? []).map(({ name }) => name));
    sizes.push(page.units?.length ?? 0);
    token = page.nextPageToken;
  }
  t.strictSame(sizes, [100, 10]);
  t.strictSame(seen, seen.toSorted());
  t.equal(new Set(seen).size, 110);
});

void t.test('two clients, one unit: one creates it, no order is lost', async (t) => {
  const created = await Promise.all(
    Array.from({ length: 8 }, () => world.put('race.service', { options: [SLEEP] })),
  );
  t.equal(created.filter(({ status }) => status === 201).length, 1);
  t.equal(created.filter(({ status }) => status === 409).length, 7, 'there already, no new state');
  const states = ['launched', 'loaded', 'launched', 'inactive', 'launched'];
  const answers = await Promise.all(
    states.map((desiredState) => world.put('race.service', { desiredState })),
  );
  t.ok(answers.every(({ status }) => status === 204));
});

void t.test('the store is away: 503 in time, and then as before', async (t) => {
  world.store.freeze();
  const began = performance.now();
  t.match(await world.put('away.service', { options: [SLEEP] }), {
    status: 503,
    body: '{"error":{"code":503,"message":"fleet server unable to communicate with etcd"}}',
  });
  t.ok(performance.now() - began < 3500, 'before the client has given up');
  await until('lists say so too', async () => (await world.ask('/v1-alpha/units')).status === 503);
  world.store.heal();
  await until('it is back', async () => (await world.ask('/v1-alpha/units')).status === 200);
});

void t.test('broken off requests and connections that say nothing', async (t) => {
  for (const text of [
    '',
    'GET ',
    'PUT /fleet/v1/units/x.service HTTP/1.1\r\nContent-Length: 9\r\n\r\n{',
  ]) {
    const socket = connect(world.socket);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.end(text);
    socket.destroy();
  }
  t.match(await world.ask('/fleet/v1/machines'), { status: 200 });
});

void t.test('TCP, as long as the setting says so', async (t) => {
  const port = 30_000 + (process.pid % 20_000);
  const settings = async (...writes: Parameters<typeof world.registry.commit>[1]) =>
    world.registry.commit([], writes, signal);
  const open = async (): Promise<boolean> => {
    const where = { host: '127.0.0.1', port };
    return askAt(where, '/fleet/v1/machines', {}).then(
      ({ status }) => status === 200,
      () => false,
    );
  };
  t.notOk(await open());
  await settings(put(keys.settings, ['fleet', 'listen'], String(port)));
  await until('it listens', open);
  await settings(put(keys.settings, ['fleet', 'listen'], 'nonsense'));
  await until('it has closed', async () => !(await open()));
  await settings(put(keys.settings, ['fleet', 'listen'], `127.0.0.1:${port}`));
  await until('it listens again', open);
  await settings(remove(keys.settings, ['fleet', 'listen']));
  await until('it has closed for good', async () => !(await open()));
});
