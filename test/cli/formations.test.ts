// Formations on paper: the desired-state document, the order and the reports of converge, routers of proxy layers.

import t from 'tap';
import { calculate, type FormationFacts } from '../../src/cli/formations/calculate.ts';
import { deviation, inOrder } from '../../src/cli/formations/converge.ts';
import { newLayer } from '../../src/cli/formations/records.ts';
import { routerNeeds } from '../../src/cli/formations/routers.ts';
import type { NodeRow } from '../../src/cli/nodes/list.ts';
import { inPreference, type Placed, staying } from '../../src/cli/nodes/members.ts';
import { nodesOf, parseScale } from '../../src/cli/nodes/scale.ts';
import type { Node } from '../../src/model/formation.ts';
import type { UnitState } from '../../src/model/unit.ts';

const at = { created: '2026-01-01T00:00:00Z', updated: '2026-01-01T00:00:00Z' };
const planes = { flavor: '', created: '', planes: {} };
const machine = (id: string, layer: string) => ({
  id: `shop-${layer}-${id}`,
  machine: id,
  formation: 'shop',
  layer,
  address: `10.0.0.${id}`,
});
const FACTS: FormationFacts = {
  formation: { id: 'shop', domain: 'shop.example.com', created: '' },
  layers: [newLayer('shop', 'runtime', planes), newLayer('shop', 'proxy', planes)],
  nodes: [
    machine('1', 'runtime'),
    machine('2', 'proxy'),
    { ...machine('3', ''), formation: 'default' },
  ],
  machines: [],
  apps: [
    {
      id: 'blog',
      uuid: 'u',
      owner: 'ann',
      structure: { web: 1 },
      release: 2,
      formation: 'shop',
      ...at,
    },
    { id: 'other', uuid: 'v', owner: 'ann', structure: {}, release: 1, ...at },
  ],
  releases: [
    {
      uuid: 'r',
      app: 'blog',
      owner: 'ann',
      version: 2,
      summary: '',
      config: 'c',
      build: null,
      state: 'live',
      ...at,
    },
  ],
  builds: [],
  domains: [{ domain: 'www.example.org', app: 'blog' }],
  perms: [{ app: 'blog', username: 'bob' }],
  placements: [
    { machine: '1', unit: 'blog_v2.web.1.service' },
    { machine: '1', unit: 'blog_v2.worker.1.service' },
  ],
  services: [{ app: 'blog', unit: 'blog_v2.web.1.service', address: '10.0.0.1:20000' }],
  routers: ['2'],
};

t.test('the document says what is to be, and nothing of other formations', async (t) => {
  const document = JSON.parse(calculate(FACTS)) as Record<string, never>;
  t.match(document, {
    domain: 'shop.example.com',
    layers: { runtime: { runtime: true, proxy: false, nodes: 1 } },
    nodes: { 'shop-proxy-2': { proxy: true, runtime: false } },
    apps: {
      blog: {
        containers: { web: { 1: 'shop-runtime-1:20000' }, worker: { 1: 'shop-runtime-1' } },
        domains: ['blog.shop.example.com', 'www.example.org'],
        users: { ann: 'owner', bob: 'user' },
        proxy: { nodes: ['10.0.0.2'], backends: ['10.0.0.1:20000'], port: 80 },
      },
    },
  });
  t.strictSame(Object.keys(document['nodes']!), ['shop-proxy-2', 'shop-runtime-1']);
  t.strictSame(Object.keys(document['apps']!), ['blog']);
});

t.test('the same state gives the same bytes, in whatever order it is read', async (t) => {
  const reversed = Object.fromEntries(
    Object.entries(FACTS).map(([name, value]) => [
      name,
      Array.isArray(value) ? (value as unknown[]).toReversed() : (value as unknown),
    ]),
  ) as unknown as FormationFacts;
  t.equal(calculate(reversed), calculate(FACTS));
});

t.test('runtime layers converge before proxy layers', async (t) => {
  const row = (id: string, layer: string): NodeRow => ({
    id,
    layer,
    formation: 'shop',
    address: '',
    provider: '',
    state: 'ready',
    machine: id,
    labels: {},
    created: '',
  });
  const rows = [row('a', 'proxy'), row('b', ''), row('d', 'runtime'), row('c', 'runtime')];
  t.strictSame(
    inOrder(rows, FACTS.layers).map(({ id }) => id),
    ['c', 'd', 'b', 'a'],
  );
});

t.test('what is not as wanted is told in words', async (t) => {
  const state: UnitState = {
    load: 'loaded',
    active: 'inactive',
    sub: 'dead',
    phase: 'stopped',
    health: 'none',
    revision: 1,
    hash: '',
    restarts: 0,
    crashes: 0,
    since: 0,
  };
  t.equal(deviation({ desired: 'launched' }, state), 'it is inactive/dead, stopped');
  t.equal(
    deviation({ desired: 'launched' }, { ...state, active: 'active', phase: 'running' }),
    undefined,
  );
  t.match(deviation({ desired: 'launched' }, undefined), /not said anything/);
  t.equal(deviation({ desired: 'loaded' }, state), undefined);
  t.equal(deviation({ desired: 'gone' }, undefined), undefined);
});

t.test('a router for each machine of the proxy layers', async (t) => {
  const router = (number: number): string => `deis-router@${number}.service`;
  t.strictSame(routerNeeds(2, [], [router(1), router(1001)]), {
    add: [router(1002), router(1003)],
    remove: [],
  });
  // The first ones stay.
  t.strictSame(routerNeeds(1, [router(1001), router(1002)], []), {
    add: [],
    remove: [router(1002)],
  });
});

t.test('layers: what they run, how they are scaled, who is oldest', async (t) => {
  t.throws(() => newLayer('shop', 'cache', planes), { code: 'invalid' });
  t.match(newLayer('shop', 'edge', { ...planes, planes: { proxy: true } }), {
    proxy: true,
    runtime: false,
  });
  t.strictSame(parseScale(['runtime=5'], 'shop'), [
    { formation: 'shop', layer: 'runtime', count: 5 },
  ]);
  for (const bad of ['runtime', 'runtime=-1', 'runtime=x', '=2', 'runtime=101']) {
    t.throws(() => parseScale([bad], 'shop'), { code: 'invalid' }, bad);
  }
  const nodes = [3, 1, 2].map(
    (number) => ({ ...machine(String(number), 'runtime'), number }) as Node,
  );
  t.strictSame(
    nodesOf(nodes, { formation: 'shop', layer: 'runtime' }).map(({ number }) => number),
    [1, 2, 3],
  );
});

t.test('who carries the store: the platform’s own machines first, then the newest', async (t) => {
  const at = (name: string, layer: string, created: string, control = false): Placed => ({
    machine: {
      id: name,
      name,
      ip: name,
      metadata: control ? { controlPlane: 'true' } : {},
    },
    node: { ...machine(name, layer), formation: 'default', created } as Node,
  });
  const placed = [
    at('old', 'runtime', '2026-01-01'),
    at('new', 'runtime', '2026-02-01'),
    at('control', 'control', '2026-01-01', true),
    at('b', '', ''),
    at('a', '', ''),
  ];
  t.strictSame(
    inPreference(placed).map(({ machine: { name } }) => name),
    ['a', 'b', 'control', 'new', 'old'],
  );
  t.strictSame(
    staying(placed, 'old', new Set(['b'])).map(({ machine: { name } }) => name),
    ['new', 'control', 'a'],
    'who goes, and who was declared lost, carries none; who is silent does',
  );
});
