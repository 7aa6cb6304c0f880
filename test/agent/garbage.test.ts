// What goes from a machine's engine: never what is not ours, never what runs, and when the disk is full what can be had again.

import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { type Facts, type Fate, plan } from '../../src/agent/garbage/plan.ts';
import { Tidy } from '../../src/agent/garbage/tidy.ts';
import { memoryStore } from '../../src/adapters/memory-store.ts';
import { type ManualClock, manualClock } from '../../src/adapters/manual-clock.ts';
import type { LyingContainer, LyingImage } from '../../src/ports/engine-waste.ts';
import { keys } from '../../src/registry/keys.ts';
import { Registry, put } from '../../src/registry/registry.ts';
import { keptLog } from '../adapters/quiet-log.ts';
import { engineWasteContract } from '../ports/engine-waste.contract.ts';
import { PretendWaste } from './pretend-waste.ts';

const DOOR = '127.0.0.1:5555';
const MANAGED = { 'deis.managed': 'true' };
const NOW = 1_000_000_000;

const image = (id: string, references: string[], more: Partial<LyingImage> = {}): LyingImage => ({
  id,
  references,
  labels: {},
  size: 10,
  created: 0,
  ...more,
});
const container = (id: string, more: Partial<LyingContainer> = {}): LyingContainer => ({
  id,
  name: id,
  imageId: '-',
  labels: {},
  running: false,
  created: 0,
  ...more,
});

function fates(more: Partial<Facts>): Record<string, Fate> {
  const all = [...(more.images ?? []), ...(more.containers ?? [])];
  const facts: Facts = {
    images: [],
    containers: [],
    kept: new Map(),
    wanted: new Set(),
    platform: 'deis/platform:new',
    pushed: new Set(),
    seen: new Map(all.map(({ id }) => [id, 0])),
    now: NOW,
    settings: { garbageGrace: 60 },
    ...more,
  };
  return Object.fromEntries(plan(facts).map(({ id, fate }) => [id, fate]));
}

/** A pass reads files, however long that takes; only when it has ended does its loop sleep. */
async function passEnded(clock: ManualClock, signal: AbortSignal): Promise<void> {
  while (clock.sleeping === 0) await pause(5, undefined, { signal });
}

t.test('images of other people are not ours, whatever labels they inherit', async (t) => {
  const images = [
    image('theirs', ['nginx:1', 'nginx@sha256:1']),
    image('built on ours', ['backup:1'], { labels: MANAGED }),
    image('nameless', []),
    image('look-alike', ['127.0.0.1:55550/x:1', 'deisfoo/x:1']),
  ];
  t.same(Object.values(fates({ images })), ['other', 'other', 'other', 'other']);
});

t.test('ours go when nothing needs them', async (t) => {
  const images = [
    image('tagged', [`${DOOR}/blog:git-1`]),
    image('by digest', [`${DOOR}/blog@sha256:2`]),
    image('nameless', [], { labels: MANAGED }),
    image('old platform', ['deis/platform:old'], { created: 1 }),
  ];
  t.same(Object.values(fates({ images })), ['goes', 'goes', 'goes', 'goes']);
  const stack = [image('stack', [`${DOOR}/deis-stack:latest`, `${DOOR}/deis-stack@sha256:3`])];
  t.same(fates({ images: stack }), { stack: 'spare' }, 'apps stand on it');
});

t.test(
  'what runs, is wanted, young or the platform itself stays; releases are spare',
  async (t) => {
    const images = [
      image('used', [`${DOOR}/a:1`]),
      image('wanted', [`${DOOR}/b@sha256:1`]),
      image('young', [`${DOOR}/c:1`]),
      image('platform', ['deis/platform:new']),
      image('base', ['deis/node:1']),
      image('kept', [`${DOOR}/d@sha256:1`, `${DOOR}/d:1`]),
    ];
    const found = fates({
      images,
      containers: [container('user', { imageId: 'used', running: true })],
      wanted: new Set([`${DOOR}/b@sha256:1`]),
      kept: new Map([[`${DOOR}/d@sha256:1`, 'v1 of d has it']]),
      seen: new Map([...images.map(({ id }) => [id, 0] as const), ['young', NOW - 1000]]),
    });
    t.match(found, {
      used: 'stays',
      wanted: 'stays',
      young: 'stays',
      platform: 'stays',
      base: 'stays',
      kept: 'spare',
    });
  },
);

t.test('containers: only ours that have ended and belong to no unit', async (t) => {
  const containers = [
    container('theirs'),
    container('unit', { labels: { ...MANAGED, 'deis.unit': 'x.service' } }),
    container('building', { labels: MANAGED, running: true }),
    container('left over', { labels: MANAGED }),
  ];
  t.same(Object.values(fates({ containers })), ['other', 'stays', 'stays', 'goes']);
  const images = [image('workshop', [`${DOOR}/x:1`])];
  const held = [container('left over', { labels: MANAGED, imageId: 'workshop' })];
  t.match(fates({ images, containers: held }), { workshop: 'goes' }, 'it goes with its container');
});

t.test('what a push that runs has made stays, and so does what may be its own', async (t) => {
  const images = [
    image('built', [`${DOOR}/blog:git-1`]),
    image('its layer', [], { labels: { ...MANAGED, 'deis.app': 'blog' } }),
    image('of another', [`${DOOR}/shop:git-1`]),
  ];
  const containers = [container('ended step', { labels: MANAGED })];
  const pushed = new Set(['blog']);
  const found = fates({ images, containers, pushed });
  t.same(found, {
    'ended step': 'stays',
    built: 'stays',
    'its layer': 'stays',
    'of another': 'goes',
  });
});

t.test('a push that begins after the look saves what it may take', async (t) => {
  const clock = manualClock();
  const registry = new Registry(memoryStore({ clock }));
  const signal = AbortSignal.timeout(20_000);
  const ended = new AbortController();
  const names = [`${DOOR}/blog:git-1`, `${DOOR}/shop:git-1`];
  const waste = new PretendWaste(names.map((name) => image(name, [name])));
  waste.onRemoval = async () => {
    await registry.commit([], [put(keys.locks, ['push/shop'], 'builder')], signal);
  };
  const settings = { garbageGrace: '10', garbageEvery: '11' };
  const writes = Object.entries(settings).map(([name, value]) =>
    put(keys.settings, ['platform', name], value),
  );
  await registry.commit([], writes, signal);
  const tidy = new Tidy({
    registry,
    waste,
    waiterDirectory: '/nowhere',
    platformNote: '/nowhere',
    clock,
    log: keptLog(),
    figures: () => Promise.resolve({ size: 100, free: 90 }),
  });
  const running = tidy.run(ended.signal);
  for (let pass = 0; pass < 3; pass += 1) {
    await passEnded(clock, signal);
    await clock.advance(12_000);
  }
  await passEnded(clock, signal);
  t.same(waste.removed, [`${DOOR}/blog:git-1`]);
  ended.abort();
  await running;
});

t.test('a full disk takes what is spare, oldest first, until there is room', async (t) => {
  const clock = manualClock();
  const registry = new Registry(memoryStore({ clock }));
  const signal = AbortSignal.timeout(20_000);
  const ended = new AbortController();
  const digests = ['1', '2', '3'].map((one) => one.repeat(64));
  const common = { uuid: '', app: 'd', owner: 'a', created: '', updated: '' };
  for (const [index, hex] of digests.entries()) {
    const build = {
      ...common,
      uuid: hex,
      image: 'd',
      reference: `${DOOR}/d@sha256:${hex}`,
      sha: '',
      procfile: {},
      dockerfile: '',
    };
    const version = index + 1;
    const release = {
      ...common,
      uuid: hex,
      version,
      summary: '',
      config: '',
      build: hex,
      state: version === 3 ? ('live' as const) : ('superseded' as const),
    };
    const writes = [
      put(keys.builds, ['d', hex], build),
      put(keys.releases, ['d', String(version)], release),
    ];
    await registry.commit([], writes, signal);
  }
  await registry.commit([], [put(keys.settings, ['platform', 'garbageGrace'], '10')], signal);
  const waste = new PretendWaste([
    ...digests.map((hex, index) => image(hex, [`${DOOR}/d@sha256:${hex}`], { created: index })),
    image('theirs', ['nginx:1'], { created: -1 }),
  ]);
  const { lying, removed } = waste;
  let others = 0;
  const log = keptLog();
  const tidy = new Tidy({
    registry,
    waste,
    waiterDirectory: '/nowhere',
    platformNote: '/nowhere',
    clock,
    log,
    figures: () =>
      Promise.resolve({
        size: 100,
        free: 100 - lying.size * 10 - others,
      }),
  });
  const running = tidy.run(ended.signal);
  await passEnded(clock, signal);
  await clock.advance(11_000);
  await passEnded(clock, signal);
  t.same(removed, [], 'there is room');
  others = 45;
  await clock.advance(601_000);
  await passEnded(clock, signal);
  t.same(
    removed,
    digests.slice(0, 2).map((hex) => `${DOOR}/d@sha256:${hex}`),
  );
  t.equal((await tidy.report(signal)).problem, undefined);
  others = 95;
  await clock.advance(601_000);
  await passEnded(clock, signal);
  t.match((await tidy.report(signal)).problem, /full, and nothing more of the platform can go/);
  t.ok(lying.has('theirs'));
  ended.abort();
  await running;
});

t.test('the Engine of these tests keeps the contract', (t) => {
  const waste = new PretendWaste([]);
  const { lying, held } = waste;
  let born = 0;
  const of = (reference: string): LyingImage =>
    [...lying.values()].find(({ references }) => references.includes(reference))!;
  const kill = async (name: string): Promise<void> =>
    void held.set(name, { ...held.get(name)!, running: false });
  return engineWasteContract(t, {
    waste,
    image: async (reference) => {
      const id = `image-${(born += 1)}`;
      lying.set(id, image(id, [reference], { created: born }));
    },
    tag: async (reference, more) => {
      const { id, references } = of(reference);
      lying.set(id, { ...of(reference), references: [...references, more] });
    },
    container: async (name, reference, running) => {
      const labels = { 'deis.waste': 'yes' };
      held.set(name, container(name, { imageId: of(reference).id, labels, running, created: 1 }));
    },
    kill,
  });
});
