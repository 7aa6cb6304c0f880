// What every Store must do: run over the fake and over a real etcd, so that a test with the fake means something.

import type { Test } from 'tap';
import { DeisError, type ErrorCode } from '../../src/model/errors.ts';
import type { Store, Write } from '../../src/ports/store.ts';
import { Watching } from './watching.ts';

/** What the suite needs beside the port: a way to break the connection and to forget history meanwhile. */
export interface StoreUnderTest {
  store: Store;
  /** The watch is told of a break at the latest when this resolves or soon after. */
  breakOff(): Promise<void>;
  heal(): Promise<void>;
  /** Another client, not touched by `breakOff`. */
  other: Store;
  compact(): Promise<void>;
}

const forever = new AbortController().signal;

const put = (key: string, value: string, lease?: string): Write => ({
  kind: 'put',
  key,
  value,
  ...(lease === undefined ? {} : { lease }),
});

async function codeOf(promise: Promise<unknown>): Promise<ErrorCode | 'nothing'> {
  try {
    await promise;
    return 'nothing';
  } catch (error) {
    if (error instanceof DeisError) return error.code;
    throw error;
  }
}

/** `t` runs the suite as its subtests; each uses keys of its own. */
export async function storeContract(t: Test, { store, ...hand }: StoreUnderTest): Promise<void> {
  const write = (...writes: Write[]) => store.commit({ conditions: [], writes }, forever);

  await t.test('reads what was written, with its revisions', async (t) => {
    const { revision } = await write(put('/read/a', 'one'), put('/read/ü', 'two – 2'));
    t.same(await store.get('/read/a', forever), {
      key: '/read/a',
      value: 'one',
      createRevision: revision,
      modRevision: revision,
    });
    const again = await write(put('/read/a', 'uno'));
    t.ok(again.revision > revision);
    t.match(await store.get('/read/a', forever), {
      value: 'uno',
      createRevision: revision,
      modRevision: again.revision,
    });
    t.equal(await store.get('/read', forever), undefined);
    const many = await store.getMany(['/read/ü', '/read/none', '/read/a'], forever);
    t.same(
      many.map((entry) => entry?.value),
      ['two – 2', undefined, 'uno'],
    );
    const { revision: now } = await store.identity(forever);
    t.equal(now, again.revision);
  });

  await t.test('lists what is under a prefix in the order of its bytes', async (t) => {
    const names = ['z', 'a', '😀', 'ﬀ', 'a/b', 'B'];
    const { revision } = await write(...names.map((name) => put(`/list/${name}`, name)));
    await write(put('/lisu', 'not under it'));
    const snapshot = await store.list('/list/', forever);
    t.same(
      snapshot.entries.map(({ value }) => value),
      ['B', 'a', 'a/b', 'z', 'ﬀ', '😀'],
    );
    t.ok(snapshot.revision > revision);
    t.same((await store.list('/list/nothing', forever)).entries, []);
  });

  await t.test('writes all or nothing, by conditions', async (t) => {
    const { revision } = await write(put('/cond/a', '1'));
    const refused = await store.commit(
      {
        conditions: [
          { kind: 'mod-revision', key: '/cond/a', equals: revision },
          { kind: 'create-revision', key: '/cond/b', equals: 1 },
        ],
        writes: [put('/cond/a', '2'), put('/cond/c', '2')],
        reads: ['/cond/'],
      },
      forever,
    );
    t.equal(refused.applied, false);
    t.equal(refused.revision, revision);
    t.same(
      refused.reads.map((entries) => entries.map(({ key, value }) => [key, value])),
      [[['/cond/a', '1']]],
      'reads come with a refusal, too',
    );
    const applied = await store.commit(
      {
        conditions: [
          { kind: 'mod-revision', key: '/cond/a', equals: revision },
          { kind: 'mod-revision', key: '/cond/b', equals: 0 },
          { kind: 'create-revision', key: '/cond/b', equals: 0 },
          { kind: 'create-revision', key: '/cond/a', equals: revision },
        ],
        writes: [put('/cond/a', '2'), put('/cond/c', '2')],
        reads: ['/cond/c', '/cond/'],
      },
      forever,
    );
    t.equal(applied.applied, true);
    t.same(
      applied.reads.map((entries) => entries.map(({ key, value }) => [key, value])),
      [
        [['/cond/c', '2']],
        [
          ['/cond/a', '2'],
          ['/cond/c', '2'],
        ],
      ],
      'reads see the writes',
    );
    t.equal(applied.reads[0]?.[0]?.modRevision, applied.revision);
    const stale = await store.commit(
      {
        conditions: [{ kind: 'mod-revision', key: '/cond/a', equals: revision }],
        writes: [put('/cond/a', '3')],
      },
      forever,
    );
    t.equal(stale.applied, false);
  });

  await t.test('writes without a condition always win, whoever wrote before', async (t) => {
    for (let round = 0; round < 5; round += 1) {
      await hand.other.commit(
        { conditions: [], writes: [put('/blind/a', `other ${round}`)] },
        forever,
      );
      t.equal((await write(put('/blind/a', `ours ${round}`))).applied, true);
      t.equal((await store.get('/blind/a', forever))?.value, `ours ${round}`);
    }
    const racing = Array.from({ length: 8 }, (_, index) =>
      (index % 2 ? store : hand.other).commit(
        { conditions: [], writes: [put('/blind/race', String(index))] },
        forever,
      ),
    );
    t.same(
      (await Promise.all(racing)).map(({ applied }) => applied),
      Array.from({ length: 8 }, () => true),
    );
  });

  await t.test('exactly one of many creates a key', async (t) => {
    const claims = Array.from({ length: 10 }, (_, index) =>
      (index % 2 ? store : hand.other).commit(
        {
          conditions: [{ kind: 'create-revision', key: '/claim/a', equals: 0 }],
          writes: [put('/claim/a', String(index))],
          reads: ['/claim/'],
        },
        forever,
      ),
    );
    const answers = await Promise.all(claims);
    const winners = answers.flatMap(({ applied }, index) => (applied ? [String(index)] : []));
    t.equal(winners.length, 1);
    for (const { reads } of answers) t.equal(reads[0]?.[0]?.value, winners[0]);
  });

  await t.test('deletes a key, a prefix, and what is not there', async (t) => {
    await write(put('/del/a', '1'), put('/del/b/1', '1'), put('/del/b/2', '1'), put('/del/b', '1'));
    const { revision } = await write(
      { kind: 'delete', key: '/del/a' },
      { kind: 'delete-prefix', prefix: '/del/b/' },
      { kind: 'delete', key: '/del/none' },
    );
    t.same(
      (await store.list('/del/', forever)).entries.map(({ key }) => key),
      ['/del/b'],
    );
    const nothing = await write({ kind: 'delete', key: '/del/none' });
    t.equal(nothing.applied, true);
    t.equal(nothing.revision, revision, 'what changes nothing makes no revision');
  });

  await t.test('refuses what no store can take', async (t) => {
    const many = (count: number): Write[] =>
      Array.from({ length: count }, (_, index) => put(`/many/${index}`, 'x'));
    t.equal((await write(...many(100))).applied, true);
    t.equal(await codeOf(write(...many(101))), 'invalid');
    t.equal((await write(put('/big', 'x'.repeat(64 * 1024)))).applied, true);
    t.equal((await write(put('/big', 'x'.repeat(1024 * 1024)))).applied, true);
    t.equal((await store.get('/big', forever))?.value.length, 1024 * 1024);
    t.equal(await codeOf(write(put('/big', 'x'.repeat(1024 * 1024 + 1)))), 'invalid');
    t.equal(await codeOf(write(put('/twice', '1'), put('/twice', '2'))), 'invalid');
    const overlap: Write[] = [put('/twice/a', '1'), { kind: 'delete-prefix', prefix: '/twice/' }];
    t.equal(await codeOf(write(...overlap)), 'invalid');
    t.equal(await store.get('/twice/a', forever), undefined);
    const conditions = Array.from({ length: 120 }, (_, index) => ({
      kind: 'mod-revision' as const,
      key: `/many/none-${index}`,
      equals: 0,
    }));
    t.equal((await store.commit({ conditions, writes: many(8) }, forever)).applied, true);
    t.equal(await codeOf(store.commit({ conditions, writes: many(9) }, forever)), 'invalid');
  });

  await t.test('keys bound to a lease end with it', async (t) => {
    const lease = await store.grantLease(2, forever);
    await write(put('/lease/a', '1', lease), put('/lease/b', '1', lease), put('/lease/c', '1'));
    await store.keepLeaseAlive(lease, forever);
    await write(put('/lease/b', '2'));
    const watching = new Watching(store, '/lease/');
    await watching.until('expiry', () => watching.heard.includes('delete /lease/a'), 8000);
    t.same([...watching.state.keys()], ['/lease/b', '/lease/c'], 'b was put again without it');
    t.equal(await codeOf(store.keepLeaseAlive(lease, forever)), 'lease-gone');
    t.equal(await codeOf(write(put('/lease/d', '1', lease))), 'lease-gone');
    t.equal(await store.get('/lease/d', forever), undefined);
    await watching.end();
  });

  await t.test('a lease lives while it is renewed, and ends when revoked', async (t) => {
    const lease = await store.grantLease(2, forever);
    await write(put('/renew/a', '1', lease), put('/renew/b', '1', lease));
    const end = performance.now() + 3500;
    while (performance.now() < end) {
      await store.keepLeaseAlive(lease, forever);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const watching = new Watching(store, '/renew/');
    await watching.until('the state', () => watching.state.size === 2);
    await store.revokeLease(lease, forever);
    await watching.until('the end of both', () => watching.state.size === 0, 1000);
    const revisions = watching.seen.map((change) => change.kind === 'delete' && change.modRevision);
    t.equal(revisions[0], revisions[1], 'in one revision');
    await store.revokeLease(lease, forever);
    t.equal(await codeOf(store.keepLeaseAlive(lease, forever)), 'lease-gone');
    await watching.end();
  });

  await t.test('a watch tells the state, then each change in order', async (t) => {
    await write(put('/watch/a', '0'));
    const watching = new Watching(store, '/watch/');
    await watching.until('a snapshot', () => watching.snapshots === 1);
    t.same([...watching.state], [['/watch/a', '0']]);
    const expected: string[] = ['snapshot'];
    for (let round = 1; round <= 20; round += 1) {
      await write(put('/watch/a', String(round)), put('/elsewhere', String(round)));
      await hand.other.commit(
        { conditions: [], writes: [{ kind: 'delete', key: '/watch/a' }] },
        forever,
      );
      expected.push(`put /watch/a=${round}`, 'delete /watch/a');
    }
    await watching.until('all changes', () => watching.heard.length === expected.length);
    t.same(watching.heard, expected);
    const revisions = watching.seen.map((change) =>
      change.kind === 'put' ? change.entry.modRevision : change.modRevision,
    );
    t.same(
      revisions,
      revisions.toSorted((a, b) => a - b),
    );
    t.equal(watching.revision, revisions.at(-1));
    t.equal(watching.breaks, 0);
    await watching.end();
    await write(put('/watch/a', 'late'));
    t.same(watching.heard, expected, 'nothing is told after the end');
  });

  await t.test('a break loses no change', async (t) => {
    await write(put('/break/a', '0'));
    const watching = new Watching(store, '/break/');
    await watching.until('a snapshot', () => watching.connected);
    await hand.breakOff();
    await watching.until('the break', () => !watching.connected);
    t.equal(await codeOf(store.get('/break/a', forever)), 'unavailable');
    t.equal(await codeOf(write(put('/break/a', 'x'))), 'unavailable');
    await hand.heal();
    await watching.until('the way back', () => watching.connected);
    t.equal(watching.breaks, 1, 'a break is told once');
    t.equal(watching.heard.at(-1), 'current', 'the end of a break is told without a change, too');

    await hand.breakOff();
    await watching.until('the break', () => !watching.connected);
    await hand.other.commit({ conditions: [], writes: [put('/break/a', '1')] }, forever);
    await hand.other.commit(
      { conditions: [], writes: [put('/break/a', '2'), put('/break/b', '2')] },
      forever,
    );
    await hand.heal();
    await watching.until('the changes', () => watching.state.get('/break/b') === '2');
    const since = watching.heard.slice(watching.heard.lastIndexOf('interrupted') + 1);
    t.same(since, ['put /break/a=1', 'put /break/a=2', 'put /break/b=2']);
    await watching.end();
  });

  await t.test('a break with lost history ends in a snapshot', async (t) => {
    await write(put('/gap/a', '0'), put('/gap/b', '0'));
    const watching = new Watching(store, '/gap/');
    await watching.until('a snapshot', () => watching.connected);
    await hand.breakOff();
    await watching.until('the break', () => !watching.connected);
    await hand.other.commit(
      { conditions: [], writes: [{ kind: 'delete', key: '/gap/a' }] },
      forever,
    );
    await hand.other.commit({ conditions: [], writes: [put('/gap/c', '1')] }, forever);
    await hand.compact();
    await hand.heal();
    await watching.until('a snapshot', () => watching.snapshots === 2);
    t.same(
      [...watching.state],
      [
        ['/gap/b', '0'],
        ['/gap/c', '1'],
      ],
    );
    await write(put('/gap/d', '2'));
    await watching.until('what follows', () => watching.state.get('/gap/d') === '2');
    await watching.end();
  });

  await t.test('waiting ends with its signal', async (t) => {
    const ended = AbortSignal.abort(new Error('enough'));
    await t.rejects(store.get('/a', ended), { message: 'enough' });
    await t.rejects(store.commit({ conditions: [], writes: [put('/a', '1')] }, ended), {
      message: 'enough',
    });
    await store.watch('/a', new Watching(store, '/none/'), ended);
  });
}
