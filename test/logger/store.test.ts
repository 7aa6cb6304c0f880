// What the logger keeps: every line once, whatever is sent twice, torn by a crash, or refused by the disk.

import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { Machine, folderFor, line, openStore, textsOf } from './tools.ts';

t.test('a batch is taken once', async (t) => {
  const store = await openStore(folderFor(t));
  const ada = new Machine('ada');
  const first = ada.batch([line('one'), line('two')]);
  t.equal((await store.accept(first)).accepted, true);
  const again = await store.accept(first);
  t.match(again, { accepted: false, place: first.place }, 'and the sender hears where to go on');
  await store.accept(ada.batch([line('three')]));
  t.same(await textsOf(store), ['one', 'two', 'three']);
  t.same(await textsOf(store, 'blog', 2), ['two', 'three']);
  await store.close();
});

t.test('a crash goes back to the checkpoint, and what came after it comes again', async (t) => {
  const folder = folderFor(t);
  const before = await openStore(folder);
  const ada = new Machine('ada');
  await before.accept(ada.batch([line('kept')]));
  await before.checkpoint();
  const place = before.state('ada').place;
  t.equal(before.keptEnd('blog'), before.app('blog')?.end);
  await before.accept(ada.batch([line('not certain'), line('new app', { app: 'shop' })]));
  t.not(before.keptEnd('blog'), before.app('blog')?.end);

  // Not closed in good order: as if it had been killed.
  await before.rest();
  const after = await openStore(folder);
  t.same(after.state('ada'), { place, kept: place });
  t.same(await textsOf(after), ['kept']);
  t.same(await textsOf(after, 'shop'), []);
  ada.after = place!.cursor;
  await after.accept(ada.batch([line('not certain'), line('new app', { app: 'shop' })]));
  t.same(await textsOf(after), ['kept', 'not certain']);
  t.same(await textsOf(after, 'shop'), ['new app']);
  await after.close();
});

t.test(
  'any order of batches, checkpoints and crashes keeps every line once, in order',
  async (t) => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('send'),
        app: fc.constantFrom('blog', 'shop'),
        lines: fc.integer({ min: 1, max: 40 }),
      }),
      fc.record({ kind: fc.constant('keep') }),
      fc.record({ kind: fc.constant('crash') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const folder = folderFor(t);
        const limits = () => ({ keepSize: 1, keepAge: 1e12, keepTotal: 1e12 });
        let store = await openStore(folder, { limits });
        /** The machine's journal: it has everything for ever. */
        const journal: { app: string; text: string }[] = [];
        const deliver = async (): Promise<void> => {
          const place = store.state('ada').place;
          const from = place ? Number(place.cursor) : 0;
          if (from === journal.length) return;
          const lines = journal.slice(from).map(({ app, text }) => line(text, { app }));
          const next = { cursor: String(journal.length), time: journal.length };
          await store.accept({
            machine: 'ada',
            name: 'ada',
            after: place?.cursor ?? null,
            place: next,
            lines,
          });
        };
        for (const one of steps) {
          if (one.kind === 'send' && 'app' in one) {
            for (let count = 0; count < one.lines; count += 1) {
              journal.push({ app: one.app, text: `${journal.length} ${'x'.repeat(count * 100)}` });
            }
            await deliver();
          } else if (one.kind === 'keep') await store.checkpoint();
          else {
            await store.rest();
            store = await openStore(folder, { limits });
          }
        }
        await deliver();
        for (const app of ['blog', 'shop']) {
          const wanted = journal.filter((entry) => entry.app === app).map(({ text }) => text);
          const found = await textsOf(store, app);
          if (JSON.stringify(found) !== JSON.stringify(wanted)) {
            throw new Error(`${app}: ${found.length} of ${wanted.length} lines`);
          }
        }
        await store.close();
      }),
      { numRuns: 60 },
    );
  },
);

t.test('a disk that refuses loses nothing and doubles nothing', async (t) => {
  const folder = folderFor(t);
  const store = await openStore(folder);
  const ada = new Machine('ada');
  await store.accept(ada.batch([line('one')]));
  const { after } = ada;
  // Where the other app's folder must be, there is a file.
  writeFileSync(join(folder, 'apps', 'shop'), '');
  await t.rejects(store.accept(ada.batch([line('two'), line('sold', { app: 'shop' })])));
  t.same(await textsOf(store), ['one'], 'nothing of the batch was taken');
  t.equal(store.state('ada').place?.cursor, after);
  ada.after = after;
  await store.accept(ada.batch([line('2'), line('three')]));
  t.same(await textsOf(store), ['one', '2', 'three']);
  await store.close();
  const again = await openStore(folder);
  t.same(await textsOf(again), ['one', '2', 'three']);
});

t.test('lines of 64 KB and 1 MB, in pieces, over a restart; too long ones are cut', async (t) => {
  const folder = folderFor(t);
  let store = await openStore(folder);
  const ada = new Machine('ada');
  const long = `€${'x'.repeat(65_533)}`;
  const bytes = Buffer.from(long);
  const pieces = [0, 1, 2, 3, 4].map((index) =>
    bytes.subarray(index * 16_384, (index + 1) * 16_384).toString('base64'),
  );
  const piece = (text: string, id: string, last: boolean) => line(text, { piece: { id, last } });
  await store.accept(
    ada.batch([
      piece(pieces[0]!, 'a', false),
      line('other', { app: 'shop' }),
      piece(pieces[1]!, 'a', false),
    ]),
  );
  await store.checkpoint();
  await store.rest();
  store = await openStore(folder);
  await store.accept(
    ada.batch([
      piece(pieces[2]!, 'a', false),
      piece(pieces[3]!, 'a', false),
      piece(pieces[4]!, 'a', true),
    ]),
  );
  t.equal((await textsOf(store)).join(), long);
  t.same(await textsOf(store, 'shop'), ['other']);

  const huge = Buffer.alloc(16_384, 'y').toString('base64');
  for (let index = 0; index < 70; index += 1) {
    await store.accept(ada.batch([piece(huge, 'b', index === 69)]));
  }
  const cut = (await textsOf(store)).slice(1);
  t.same(
    cut.map(({ length }) => length),
    [1024 * 1024, 6 * 16_384],
  );
  await store.close();
});

t.test('a folder of a stranger and garbage in a file hurt nobody', async (t) => {
  const folder = folderFor(t);
  let store = await openStore(folder);
  const ada = new Machine('ada');
  await store.accept(ada.batch([line('one')]));
  await store.close();
  const [file] = readdirSync(join(folder, 'apps', 'blog'));
  appendFileSync(join(folder, 'apps', 'blog', file!), 'garbage');
  store = await openStore(folder);
  await store.accept(ada.batch([line('two')]));
  t.same(await textsOf(store), ['one', 'two']);
  await store.close();
});

t.test('lines of an app that is gone are taken away', async (t) => {
  const folder = folderFor(t);
  const belongs = (app: string, time: number): boolean => app === 'blog' && time >= 1000;
  const store = await openStore(folder, { belongs });
  const ada = new Machine('ada');
  await store.accept(
    ada.batch([
      line('of an older app', { time: 999 }),
      line('mine'),
      line('gone', { app: 'shop' }),
    ]),
  );
  t.same(await textsOf(store), ['mine']);
  t.same(store.apps(), ['blog']);
  await store.forget('blog');
  t.same(readdirSync(join(folder, 'apps')), []);
  await store.close();
});
