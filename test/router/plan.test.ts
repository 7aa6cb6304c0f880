// Everything a router reads → everything it serves, as tables: domains, policies, certificates, and who cannot hurt whom.

import t from 'tap';
import { routesAsLines } from '../../src/adapters/nginx-lines.ts';
import type { Offer } from '../../src/router/certificates.ts';
import { planRoutes, type Snapshot, takesMore } from '../../src/router/plan.ts';
import { policiesOf } from '../../src/router/policy.ts';
import { readSettings } from '../../src/router/settings.ts';
import { NO_ROUTES } from './nginx-bench.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
const [later, past] = ['2027-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'];
const empty: Snapshot = {
  world: { domain: 'apps.test', subdomain: 'deis', services: [] },
  apps: [
    { id: 'blog', owner: 'ann' },
    { id: 'evil', owner: 'eve' },
  ],
  domains: [],
  routing: new Map(),
  settings: {},
  offers: [],
  challenges: {},
  now,
};
const offer = (id: string, names: string[], more: Partial<Offer> = {}): Offer => ({
  id,
  name: names[0]!,
  names,
  expires: later,
  kind: 'user',
  ...more,
});

void t.test('domains', async (t) => {
  const domains = (pairs: Record<string, string>) =>
    Object.entries(pairs).map(([domain, app]) => ({ domain, app, owner: 'x' }));
  const plan = planRoutes({
    ...empty,
    domains: domains({
      'www.blog.test': 'blog',
      '*.blog.test': 'blog',
      'blog.test; } evil {': 'evil',
      'deis.apps.test': 'evil',
      '*.apps.test': 'evil',
      '*.test': 'evil',
      'gone.test': 'gone',
      'for.the.controllers': 'deis',
    }),
  });
  t.same(plan.hosts, {
    'deis.apps.test': 'deis',
    'blog.apps.test': 'blog',
    'evil.apps.test': 'evil',
    'www.blog.test': 'blog',
    '*.blog.test': 'blog',
    '*.test': 'evil',
    'apps.test': '-',
    '*.apps.test': '-',
  });
  t.match(plan.refused['evil'], /belongs to the platform|is not a domain name/);
  t.notOk(plan.refused['blog']);
});

void t.test('policies: an app’s own over those of the router', async (t) => {
  const routing = new Map([
    [
      'blog',
      {
        whitelist: '10.1.2.3:office,10.2.0.0/16',
        bodySize: '2k',
        readTimeout: '1m',
        affinity: 'off',
      },
    ],
    ['evil', { bodySize: '1; }', whitelist: 'everybody', maintenance: 'on', maintenancePage: 'x' }],
    ['nobody', { maintenance: 'on' }],
  ]);
  const settings = { enforceWhitelist: 'true', affinityArg: 'user', enforceHTTPS: 'true' };
  const { policies, refused } = planRoutes({ ...empty, routing, settings });
  t.same(policies['blog'], {
    https: true,
    allow: [
      { bytes: '0a010203', bits: 32 },
      { bytes: '0a020000', bits: 16 },
    ],
    affinity: { kind: 'off', name: '' },
    body: 2048,
    read: 60,
  });
  t.match(policies['deis'], { https: true, connect: 1, read: 1200 });
  t.equal(policies['deis']!.allow, undefined, 'controllers have a whitelist of their own');
  t.match(policies['evil'], { allow: [], maintenance: 'x' }, 'not understood: nobody gets in');
  t.match(refused['evil'], /bodySize: .*; whitelist: /);
  t.same(Object.keys(refused), ['evil']);
  t.same(Object.keys(planRoutes(empty).policies), ['deis']);
});

void t.test('maintenance pages: of hostile letters, and more than there is room for', async (t) => {
  const { values } = readSettings({});
  const of = (page: string): Record<string, string> => ({
    maintenance: 'on',
    maintenancePage: page,
  });
  const pages = new Map([
    ['bad', of('half a letter: \ud800')],
    ['small', of('<p>soon</p>')],
  ]);
  for (let app = 0; app < 300; app += 1) pages.set(`large-${app}`, of('🔧'.repeat(4000)));
  const { policies, refused } = policiesOf([...pages.keys()], pages, values);
  t.match(refused['bad'], 'maintenancePage', 'named');
  t.equal(policies['bad']!.maintenance, '', 'and the plain page is shown');
  t.equal(policies['small']!.maintenance, '<p>soon</p>', 'the small ones have their room');
  const lines = routesAsLines({ ...NO_ROUTES, policies });
  t.ok(lines.length < 9_000_000, `${lines.length} bytes`);
  const [left, shown] = [Object.keys(refused).length - 1, (8 * 1024 * 1024) / (4000 * 12)];
  t.ok(left >= 300 - shown && left < 300, `${left} large ones are left out, and named`);
  const wild = { a: { maintenance: '\udfff', auth: '\ud800' } };
  t.match(routesAsLines({ ...NO_ROUTES, policies: wild }), /policy a maintenance=%EF%BF%BD/);
});

void t.test('a broken hash of a password lets nobody in', async (t) => {
  const routing = new Map([['blog', { whitelist: '0.0.0.0/0', basicAuth: 'me:password' }]]);
  const { policies, refused } = planRoutes({ ...empty, routing });
  t.same(policies['blog'], { allow: [] });
  t.match(refused['blog'], 'basicAuth');
});

void t.test('certificates', async (t) => {
  const domains = [
    { domain: 'www.blog.test', app: 'blog', owner: 'bob' },
    { domain: '*.blog.test', app: 'blog', owner: 'ann' },
    { domain: 'evil.test', app: 'evil', owner: 'eve' },
  ];
  const choose = (...offers: Offer[]) => planRoutes({ ...empty, domains, offers });
  const selfMade = offer('self', ['apps.test', '*.apps.test'], { kind: 'self-made' });
  const platform = offer('platform', ['*.apps.test'], { kind: 'platform' });
  const ann = offer('ann', ['*.blog.test'], { owner: 'ann' });
  const bob = offer('bob', ['www.blog.test'], { owner: 'bob', expires: past });
  const eve = offer('eve', ['www.blog.test', '*.apps.test'], { owner: 'eve' });
  const acme = offer('acme', ['www.blog.test'], { kind: 'acme' });

  t.same(choose(selfMade).certificates, { '*': 'self' });
  t.same(choose(selfMade, platform).certificates, { '*': 'platform' });
  t.match(choose(selfMade, ann).certificates, { 'www.blog.test': 'ann', '*.blog.test': 'ann' });
  t.equal(choose(ann, eve).certificates['www.blog.test'], 'ann', 'eve does not speak for it');
  t.equal(choose(acme, eve).certificates['www.blog.test'], 'acme');
  t.equal(choose(platform, eve).certificates['blog.apps.test'], undefined, 'the platform’s stays');
  t.equal(choose(bob, acme).certificates['www.blog.test'], 'acme', 'valid before expired');
  const old = choose(selfMade, bob);
  t.equal(old.certificates['www.blog.test'], 'bob', 'better than a foreign name');
  t.match(old.refused['blog'], /www.blog.test expired at 2026-01-01/);
  t.same(choose(eve, ann, acme).certificates, choose(acme, ann, eve).certificates, 'in any order');
});

void t.test('what would let more people in waits until the store is believed', async (t) => {
  const routing = new Map([['blog', { basicAuth: 'x' }]]);
  const offers = [offer('a', ['blog.apps.test'])];
  const plan = planRoutes({ ...empty, routing, offers });
  t.equal(takesMore(plan, plan), false);
  t.equal(takesMore(plan, planRoutes({ ...empty, offers })), true, 'a policy went');
  t.equal(takesMore(plan, planRoutes({ ...empty, routing })), true, 'a certificate went');
});
