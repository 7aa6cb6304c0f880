// What the agent keeps on disk, and the small machines around it.

import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { z } from 'zod';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { Batch } from '../../src/agent/batch.ts';
import { readJson, writeAtomically } from '../../src/agent/disk.ts';
import { Folder } from '../../src/agent/folder.ts';
import { HostPorts } from '../../src/agent/host-ports.ts';
import { Limit } from '../../src/daemon/limit.ts';
import { listeningLog } from './listening-log.ts';

const schema = z.object({ n: z.number() });
const forever = new AbortController().signal;

void t.test('a file is whole, root-only, and leaves nothing beside it', async (t) => {
  const folder = t.testdir();
  const path = join(folder, 'deep/er/file.json');
  await writeAtomically(path, '{"n":1}', { durable: true });
  await writeAtomically(path, '{"n":2}', { durable: false });
  t.equal(await readFile(path, 'utf8'), '{"n":2}');
  t.strictSame(await readdir(join(folder, 'deep/er')), ['file.json']);
});

void t.test('a write that fails names the file', async (t) => {
  const folder = t.testdir({ file: 'not a folder' });
  const path = join(folder, 'file/below.json');
  await t.rejects(writeAtomically(path, '', { durable: true }), {
    code: 'internal',
    message: /cannot write .*below.json/,
  });
});

void t.test('a malformed file is ignored, and says so', async (t) => {
  const log = listeningLog();
  const folder = t.testdir({ 'half.json': '{"n":', 'other.json': '{"n":"x"}' });
  for (const name of ['half.json', 'other.json', 'none.json']) {
    t.equal(await readJson(join(folder, name), schema, log), undefined);
  }
  t.equal(log.said.length, 2);
});

void t.test(
  'a folder of records survives, is written only on change, and catches up',
  async (t) => {
    const path = join(t.testdir(), 'records');
    const log = listeningLog();
    const folder = new Folder({ path, schema, durable: true, clock: systemClock, log });
    await folder.load();
    for (let n = 0; n < 50; n += 1) folder.put(`u${n}.service`, { n });
    folder.put('u1.service', { n: 100 });
    folder.drop('u2.service');
    await folder.settled();
    const again = new Folder({ path, schema, durable: true, clock: systemClock, log });
    const found = await again.load();
    t.equal(found.size, 49);
    t.strictSame(found.get('u1.service'), { n: 100 });
  },
);

void t.test('a disk that refuses is a problem, not a crash', async (t) => {
  const base = t.testdir({ blocked: 'a file where a folder should be' });
  const log = listeningLog();
  const path = join(base, 'blocked');
  const folder = new Folder({ path, schema, durable: true, clock: systemClock, log });
  folder.put('a', { n: 1 });
  await folder.settled();
  t.match(folder.problem, /cannot write/);
  t.ok(log.has('could not save'));
});

void t.test('ports survive a restart and skip what others listen on', async (t) => {
  const state = t.testdir();
  const log = listeningLog();
  const isInUse = async (port: number): Promise<boolean> => port === 20_000;
  const ports = new HostPorts({ state, clock: systemClock, log, isInUse });
  await ports.load();
  t.strictSame(
    await Promise.all([ports.take('a'), ports.take('b'), ports.take('a')]),
    [20_001, 20_002, 20_001],
  );
  const again = new HostPorts({ state, clock: systemClock, log, isInUse });
  await again.load();
  t.equal(await again.take('b'), 20_002);
  await again.giveBack('b');
  t.equal(await again.take('c'), 20_003);
});

void t.test('a batch takes what comes while the last one is under way', async (t) => {
  const batches: number[][] = [];
  const batch = new Batch<number, number>(async (items) => {
    batches.push(items);
    if (items.includes(13)) throw new Error('unlucky');
    return items.map((item) => item * 2);
  });
  t.strictSame(await Promise.all([1, 2, 3].map((n) => batch.add(n))), [2, 4, 6]);
  t.strictSame(batches, [[1, 2, 3]]);
  await t.rejects(batch.add(13), { message: 'unlucky' });
  t.equal(await batch.add(4), 8, 'a failed batch does not stop the next');
});

void t.test('a limit lets only so many in, and forgets who gave up', async (t) => {
  const limit = new Limit(2);
  let inside = 0;
  let most = 0;
  const job = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  const gone = limit.run(job, AbortSignal.abort(new Error('gave up')));
  await t.rejects(gone, { message: 'gave up' });
  await Promise.all(Array.from({ length: 10 }, () => limit.run(job, forever)));
  t.equal(most, 2);
});

void t.test('a folder made by somebody else is used as it is', async (t) => {
  const path = join(t.testdir(), 'there');
  await mkdir(path);
  await chmod(path, 0o755);
  await writeFile(join(path, '.hidden.json'), '{"n":1}');
  const log = listeningLog();
  const folder = new Folder({ path, schema, durable: true, clock: systemClock, log });
  t.equal((await folder.load()).size, 0, 'half-written files are not records');
});
