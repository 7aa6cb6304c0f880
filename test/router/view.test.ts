// What the store says → what is served, as tables.

import t from 'tap';
import { addressProblem, buildView, domainProblem, takesAway } from '../../src/router/view.ts';

const world = { domain: 'example.com', subdomain: 'deis', apps: [], domains: [], services: [] };
const up = (group: string, unit: string, address: string) => ({ group, unit, address });

void t.test('routes', async (t) => {
  const view = buildView({
    ...world,
    apps: ['blog', 'idle'],
    services: [
      up('blog', 'blog_v2.web.2', '10.0.0.2:20001'),
      up('blog', 'blog_v2.web.1', '10.0.0.1:20000'),
      up('blog', 'blog_v2.web.3', '10.0.0.1:20000'),
      up('orphan', 'orphan_v1.web.1', '10.0.0.3:20000'),
      up('deis', 'deis-controller@1.service', '10.0.0.1:8000'),
      up('deis-builder', 'deis-builder.service', '10.0.0.1:2223'),
      up('deis-registry', 'deis-registry@1.service', '10.0.0.1:5000'),
    ],
  });
  t.same(view, {
    hosts: {
      'deis.example.com': 'deis',
      'blog.example.com': 'blog',
      'idle.example.com': 'idle',
      'orphan.example.com': 'orphan',
    },
    groups: {
      deis: ['10.0.0.1:8000'],
      blog: ['10.0.0.1:20000', '10.0.0.2:20001'],
      idle: [],
      orphan: ['10.0.0.3:20000'],
    },
    builders: ['10.0.0.1:2223'],
    refused: {},
  });
});

void t.test('a star takes no name of the platform', (t) => {
  const long = `${'a'.repeat(60)}.`.repeat(4) + 'test';
  const domains = ['*.com', '*.test', long].map((domain) => ({ domain, app: 'blog' }));
  const { hosts, refused } = buildView({ ...world, apps: ['blog'], domains });
  t.equal(hosts['example.com'], '-', 'else `*.com` would have it');
  t.equal(hosts['*.example.com'], '-');
  t.equal(hosts['deis.example.com'], 'deis');
  t.equal(hosts[long], 'blog', 'as long as the API takes it');
  t.same(refused, {});
  t.end();
});

void t.test('one bad app is left out, the others do not notice', async (t) => {
  const view = buildView({
    ...world,
    apps: ['good', 'a;b', '../etc', 'x'.repeat(64), 'UPPER'],
    services: [
      up('good', 'good_v1.web.1', '10.0.0.1:20000'),
      up('half', 'half_v1.web.1', '10.0.0.1:20001'),
      up('half', 'half_v1.web.2', '10.0.0.1:20002\n}'),
      up('{{x}}', 'u', '10.0.0.1:20003'),
    ],
  });
  t.same(view.groups, { deis: [], good: ['10.0.0.1:20000'], half: ['10.0.0.1:20001'] });
  t.same(Object.keys(view.refused).sort(), [
    '../etc',
    'UPPER',
    'a;b',
    'half',
    'x'.repeat(64),
    '{{x}}',
  ]);
});

void t.test('names that JavaScript gives a meaning to are apps like others', async (t) => {
  const view = buildView({ ...world, apps: ['constructor', 'tostring'] });
  t.equal(view.hosts['constructor.example.com'], 'constructor');
  t.same(view.groups['tostring'], []);
  const bad = buildView({ ...world, services: [up('constructor', 'u', 'x')] });
  t.match(bad.refused['constructor'], /not an address/);
  const lone = { hosts: {}, groups: { constructor: ['10.0.0.1:1'] } };
  t.equal(takesAway(lone, { hosts: {}, groups: {} }), true);
});

void t.test('addresses', async (t) => {
  for (const good of ['10.0.0.1:1', '255.255.255.255:65535', '127.0.0.1:20000']) {
    t.equal(addressProblem(good), undefined, good);
  }
  const bad = [
    '',
    '10.0.0.1',
    '10.0.0.1:0',
    '10.0.0.1:65536',
    '10.0.0.256:80',
    'host:80',
    '[::1]:80',
  ];
  const worse = [
    '10.0.0.1:80 10.0.0.2:80',
    ' 10.0.0.1:80',
    '10.0.0.1:80;',
    '10.0.0.1:80\n',
    '10.0.0.1:+80',
  ];
  for (const text of [...bad, ...worse])
    t.type(addressProblem(text), 'string', JSON.stringify(text));
});

void t.test('domains', async (t) => {
  for (const good of ['paas.localhost', 'a', 'x-1.example.com'])
    t.equal(domainProblem(good), undefined);
  for (const bad of ['', '.a', 'a.', 'a b', 'a_b', '-a', 'a..b', 'A.b', '*.a', 'x'.repeat(200)]) {
    t.type(domainProblem(bad), 'string', JSON.stringify(bad));
  }
});

void t.test('what takes something away', async (t) => {
  const now = { hosts: { 'a.x': 'a' }, groups: { a: ['1', '2'] } };
  t.equal(takesAway(now, now), false);
  t.equal(
    takesAway(now, { hosts: { 'a.x': 'a', 'b.x': 'b' }, groups: { a: ['1', '2', '3'], b: [] } }),
    false,
  );
  t.equal(takesAway(now, { hosts: { 'a.x': 'a' }, groups: { a: ['1'] } }), true);
  t.equal(takesAway(now, { hosts: {}, groups: { a: ['1', '2'] } }), true);
  t.equal(takesAway(now, { hosts: { 'a.x': 'b' }, groups: { a: ['1', '2'], b: [] } }), true);
});
