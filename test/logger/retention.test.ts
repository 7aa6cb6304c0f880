// What the logger takes away: the oldest of an app that keeps too much or for too long, and nothing of anybody else.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { logSettingProblem, readLogSettings } from '../../src/logger/settings.ts';
import { type Limits, fileSize, filesToDrop } from '../../src/logger/store/retention.ts';
import type { LineStore } from '../../src/logger/store/store.ts';
import { Machine, folderFor, line, openStore, textsOf } from './tools.ts';

const KB = 1024;
const DAY = 86_400_000;
const NOW = 100 * DAY;
const GENEROUS: Limits = { keepSize: 1e9, keepAge: 1e12, keepTotal: 1e12 };

const files = (...sizes: [size: number, daysOld: number][]) =>
  sizes.map(([size, daysOld]) => ({ size, written: NOW - daysOld * DAY }));
const dropped = (
  apps: Record<string, ReturnType<typeof files>>,
  limits: Partial<Limits>,
): Record<string, number> =>
  Object.fromEntries(filesToDrop(new Map(Object.entries(apps)), { ...GENEROUS, ...limits }, NOW));

t.test('what is too old goes, to the last file', async (t) => {
  const apps = {
    blog: files([9, 31], [9, 30.5], [9, 2]),
    shop: files([9, 40]),
    new: files([9, 0]),
  };
  t.same(dropped(apps, { keepAge: 30 * DAY }), { blog: 2, shop: 1 });
  t.same(dropped(apps, {}), {});
});

t.test('what is too much of one app goes, but for the file that is written to', async (t) => {
  const apps = {
    blog: files([50, 3], [50, 2], [50, 1]),
    shop: files([70, 1]),
    huge: files([500, 1]),
  };
  t.same(dropped(apps, { keepSize: 100 }), { blog: 1 });
  t.same(dropped(apps, { keepSize: 60 }), { blog: 2 });
});

t.test('what is too much in all goes from whoever has most', async (t) => {
  const apps = { blog: files([50, 3], [50, 2]), shop: files([10, 90], [10, 80]) };
  t.same(dropped(apps, { keepTotal: 90 }), { blog: 1 });
  t.same(dropped(apps, { keepTotal: 15 }), { blog: 2, shop: 1 });
  t.same(dropped(apps, { keepTotal: 0 }), { blog: 2, shop: 2 });
  t.same(dropped({}, { keepTotal: 0 }), {});
});

t.test('files are small enough to go one by one', async (t) => {
  t.equal(fileSize({ keepSize: 128 * KB }), 64 * KB);
  t.equal(fileSize({ keepSize: 64 * KB * KB }), 8 * KB * KB);
  t.equal(fileSize({ keepSize: 2 ** 40 }), 8 * KB * KB);
});

/** A clock that can be put forward. */
function movable() {
  let ahead = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + ahead };
  return { clock, forward: (ms: number) => void (ahead += ms) };
}

async function fill(store: LineStore, machine: Machine, app: string, count: number) {
  const texts = Array.from({ length: count }, (_, index) => `${app} ${index} ${'x'.repeat(1000)}`);
  for (let from = 0; from < count; from += 20) {
    const lines = texts.slice(from, from + 20).map((text) => line(text, { app }));
    await store.accept(machine.batch(lines));
  }
  await store.checkpoint();
  return texts;
}

const bytesOf = (folder: string, app: string): number =>
  readdirSync(join(folder, 'apps', app)).reduce(
    (sum, name) => sum + statSync(join(folder, 'apps', app, name)).size,
    0,
  );

t.test(
  'on disk: the newest lines stay, in order, within the size; also over a restart',
  async (t) => {
    const folder = folderFor(t);
    const limits = () => ({ ...GENEROUS, keepSize: 256 * KB });
    const store = await openStore(folder, { limits });
    const ada = new Machine('ada');
    const texts = await fill(store, ada, 'blog', 1000);
    const shop = await fill(store, ada, 'shop', 20);
    t.ok(bytesOf(folder, 'blog') > 900 * KB);
    await store.sweep(60_000);
    t.ok(bytesOf(folder, 'blog') <= 256 * KB + 64 * KB, `${bytesOf(folder, 'blog')} bytes`);
    const kept = await textsOf(store);
    t.ok(kept.length > 150 && kept.length < 320, `${kept.length} lines`);
    t.same(kept, texts.slice(-kept.length));
    t.same(await textsOf(store, 'shop'), shop, 'nothing of anybody else');
    await store.close();

    const again = await openStore(folder, { limits });
    t.same(await textsOf(again), kept);
    const more = await fill(again, ada, 'blog', 20);
    t.same((await textsOf(again)).slice(-20), more, 'and it goes on');
    await again.close();
  },
);

t.test('on disk: what is older than the age goes, what came since stays', async (t) => {
  const folder = folderFor(t);
  const { clock, forward } = movable();
  const limits = () => ({ ...GENEROUS, keepSize: 128 * KB * KB, keepAge: 30 * DAY });
  const small = () => ({ ...limits(), keepSize: 128 * KB });
  let size = small;
  const store = await openStore(folder, { clock, limits: () => size() });
  const ada = new Machine('ada');
  await fill(store, ada, 'blog', 100);
  await fill(store, ada, 'idle', 100);
  size = limits;
  forward(29 * DAY);
  await store.sweep(60_000);
  t.equal((await textsOf(store)).length, 100);
  size = small;
  const fresh = await fill(store, ada, 'blog', 100);
  size = limits;
  forward(2 * DAY);
  await store.sweep(60_000);
  const kept = await textsOf(store);
  t.same(kept.slice(-100), fresh);
  t.ok(kept.length < 200, `${kept.length} lines`);
  t.same(await textsOf(store, 'idle'), [], 'of an app that was silent nothing is left');
  const last = await fill(store, ada, 'idle', 2);
  t.same(await textsOf(store, 'idle'), last);
  await store.close();
});

t.test('settings: sizes and ages, and what is wrong with others', async (t) => {
  t.match(readLogSettings({ keepSize: '10m', keepAge: '12h', keepTotal: '1g' }), {
    keepSize: 10 * KB * KB,
    keepAge: DAY / 2,
    keepTotal: KB ** 3,
  });
  t.match(readLogSettings({ keepSize: '1', keepAge: 'for ever' }), {
    keepSize: 64 * KB * KB,
    keepAge: 30 * DAY,
  });
  t.match(logSettingProblem('keepSize', '1k'), /128k/);
  t.match(logSettingProblem('keepAge', '0d'), /12h/);
  t.equal(logSettingProblem('keepAge', '8w'), undefined);
});
