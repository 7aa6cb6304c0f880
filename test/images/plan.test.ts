// Which images of a replica go: a table of cases, and why each stays.

import t from 'tap';
import { type Facts, type Shelved, freedBytes, plan } from '../../src/images/garbage/plan.ts';

const HOUR = 3_600_000;
const NOW = 100 * HOUR;

const digest = (name: string): string => `sha256:${name}`;
const image = (name: string, repository: string, more: Partial<Shelved> = {}): Shelved => ({
  repository,
  digest: digest(name),
  pushed: 10 * HOUR,
  tags: ['1'],
  blobs: { [`layer-${name}`]: 100, base: 1000 },
  children: [],
  ...more,
});

const facts = (images: Shelved[], more: Partial<Facts> = {}): Facts => ({
  images,
  kept: new Map(),
  apps: new Set(['blog']),
  graves: new Map([['old', 50 * HOUR]]),
  named: new Map(),
  pushed: new Set(),
  now: NOW,
  grace: HOUR,
  ...more,
});

const verdict = (one: Shelved, more: Partial<Facts> = {}): [boolean, string] => {
  const { goes, reason } = plan(facts([one], more))[0]!;
  return [goes, reason];
};

t.test('what a release has stays, in any repository', async (t) => {
  const kept = new Map([[digest('a'), 'v3 of blog runs it']]);
  t.same(verdict(image('a', 'elsewhere'), { kept }), [false, 'v3 of blog runs it']);
});

t.test('what an index of a release names stays with it', async (t) => {
  const kept = new Map([[digest('index'), 'v3 of blog runs it']]);
  const index = image('index', 'blog', { children: [digest('child')] });
  const child = image('child', 'blog', { app: 'blog' });
  t.same(
    plan(facts([index, child], { kept })).map(({ goes }) => goes),
    [false, false],
  );
});

t.test('what was built for an app and no kept release has goes', async (t) => {
  t.match(verdict(image('a', 'blog', { app: 'blog' })), [true, /no release of blog/]);
  t.match(verdict(image('a', 'blog'), { named: new Map([[digest('a'), 'blog']]) }), [true, /blog/]);
  t.match(verdict(image('a', 'blog', { tags: [] })), [true, /blog/], 'nothing names it any more');
});

t.test('what came a while ago stays: its release may be in the making', async (t) => {
  t.match(verdict(image('a', 'blog', { app: 'blog', pushed: NOW - HOUR / 2 })), [false, /a while/]);
});

t.test('what a push that runs has brought stays, however little grace there is', async (t) => {
  const built = image('a', 'blog', { app: 'blog' });
  t.match(verdict(built, { pushed: new Set(['blog']), grace: 0 }), [
    false,
    'somebody pushes to blog',
  ]);
  t.match(verdict(built, { pushed: new Set(['shop']), grace: 0 }), [true, /no release/]);
});

t.test('what people pushed stays', async (t) => {
  t.same(verdict(image('a', 'base')), [false, 'it was pushed by hand']);
  t.same(verdict(image('a', 'blog')), [false, 'it was pushed by hand']);
  const named = new Map([[digest('a'), 'old']]);
  t.same(verdict(image('a', 'shared/tool'), { named }), [false, 'it was pushed by hand']);
});

t.test('a destroyed app takes its images along', async (t) => {
  t.same(verdict(image('a', 'old')), [true, 'its app old was destroyed']);
  t.same(verdict(image('a', 'old/worker')), [true, 'its app old was destroyed']);
  t.same(verdict(image('a', 'x', { app: 'old' })), [true, 'its app old was destroyed']);
  t.match(verdict(image('a', 'old', { pushed: 60 * HOUR })), [false, /after old was destroyed/]);
});

t.test('the stack stays, an older one goes', async (t) => {
  t.equal(verdict(image('a', 'deis-stack'))[0], false);
  const old = image('a', 'deis-stack', { tags: [] });
  t.same(verdict(old), [true, 'a newer stack has taken its place']);
  t.equal(verdict(old, { grace: 1000 * HOUR })[0], false);
});

t.test('a store that knows nothing makes nothing go', async (t) => {
  const nothing = { apps: new Set<string>(), graves: new Map<string, number>() };
  const named = new Map([[digest('a'), 'blog']]);
  for (const one of [image('a', 'blog'), image('b', 'blog', { app: 'blog' }), image('c', 'x')]) {
    t.equal(verdict(one, { ...nothing, named })[0], false);
  }
});

t.test('bytes that are freed are those that nobody else has', async (t) => {
  const going = [image('a', 'old'), image('b', 'old')];
  t.equal(freedBytes(plan(facts(going))), 1200);
  t.equal(freedBytes(plan(facts([...going, image('c', 'base')]))), 200);
});
