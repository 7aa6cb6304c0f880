import t from 'tap';
import { manualClock } from '../../src/adapters/manual-clock.ts';
import { memoryStore } from '../../src/adapters/memory-store.ts';
import { lead, type Term } from '../../src/registry/leadership.ts';
import { Registry } from '../../src/registry/registry.ts';
import { keptLog } from '../adapters/quiet-log.ts';

const forever = new AbortController().signal;

/** Candidates for one role, each with its own connection, and who leads when. */
function election() {
  const clock = manualClock();
  const view = memoryStore({ clock });
  const terms: { candidate: string; term: Term }[] = [];
  const stand = (candidate: string, serve = (term: Term) => untilAborted(term.signal)) => {
    const store = view.connect();
    const log = keptLog();
    const ending = new AbortController();
    const ended = lead(
      { registry: new Registry(store), role: 'r', candidate, ttl: 5, clock, log },
      async (term) => {
        terms.push({ candidate, term });
        await serve(term);
      },
      ending.signal,
    );
    return {
      store,
      log,
      resign: () => {
        ending.abort();
        return ended;
      },
    };
  };
  const leading = () => terms.filter(({ term }) => !term.signal.aborted);
  return { clock, view, terms, stand, leading };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

void t.test('one leads; when it resigns another one does at once', async (t) => {
  const { clock, terms, stand, leading } = election();
  const candidates = new Map(['a', 'b', 'c'].map((name) => [name, stand(name)]));
  await clock.advance(60_000);
  t.equal(terms.length, 1);
  const first = leading()[0]?.candidate ?? '';
  await candidates.get(first)?.resign();
  await clock.advance(100);
  t.equal(leading().length, 1);
  t.not(leading()[0]?.candidate, first);
  t.equal(terms[0]?.term.signal.aborted, true);
  for (const { resign } of candidates.values()) await resign();
  t.equal(leading().length, 0);
});

void t.test('a leader that is cut off stops before another one starts', async (t) => {
  const { clock, terms, stand, leading } = election();
  const a = stand('a');
  await clock.advance(100);
  const b = stand('b');
  a.store.freeze();
  for (let ms = 0; ms < 8000; ms += 50) {
    await clock.advance(50);
    t.ok(leading().length <= 1, 'never two');
  }
  t.equal(leading()[0]?.candidate, 'b');
  t.ok(a.log.lines.some(({ event, fields }) => event === 'term ended' && fields.role === 'r'));
  a.store.heal();
  await clock.advance(10_000);
  t.equal(terms.length, 2, 'the old one waits for its turn');
  await a.resign();
  await b.resign();
});

void t.test('late writes are refused by the store, counted, and end the term', async (t) => {
  const { clock, view, stand, terms } = election();
  const a = stand('a');
  await clock.advance(100);
  const term = terms[0]?.term;
  if (!term) throw new Error('nobody leads');
  const write = [{ kind: 'put' as const, key: '/work', value: 'x' }];
  t.match(await term.commit([], write, forever, ['/work']), {
    applied: true,
    reads: [[{ key: '/work', value: 'x' }]],
  });
  const stale = [{ kind: 'mod-revision' as const, key: '/work', equals: 1 }];
  t.match(await term.commit(stale, write, forever), { applied: false, reads: [] });
  t.equal(term.refused, 0, 'a refusal for another reason is not a late write');

  const before = await view.get('/work', forever);
  await view.commit({ conditions: [], writes: [{ kind: 'delete', key: term.fence.key }] }, forever);
  t.equal((await term.commit([], write, forever)).applied, false);
  t.equal((await term.commit([], write, forever)).applied, false);
  t.equal(term.refused, 2);
  t.same(await view.get('/work', forever), before);
  await clock.advance(10);
  t.equal(term.signal.aborted, true, 'the refusal is looked into at once');
  await a.resign();
});

void t.test('the next life of a leader takes its own key over', async (t) => {
  const { clock, view, terms, stand } = election();
  const a = stand('a');
  await clock.advance(100);
  a.store.freeze();
  const again = stand('a');
  await clock.advance(200);
  t.same(
    terms.map(({ candidate }) => candidate),
    ['a', 'a'],
  );
  const [old, present] = terms.map(({ term }) => term);
  t.ok(old && present && present.createRevision > old.createRevision);
  const conditions = old ? [old.fence] : [];
  t.equal((await view.commit({ conditions, writes: [] }, forever)).applied, false);
  a.store.heal();
  await Promise.all([a.resign(), again.resign()]);
});

void t.test('a leader that fails or gives up lets others have their turn', async (t) => {
  const { clock, terms, stand } = election();
  const a = stand('a', () => Promise.reject(new Error('cannot')));
  await clock.advance(100);
  const b = stand('b');
  await clock.advance(2000);
  t.equal(terms.at(-1)?.candidate, 'b');
  t.ok(
    a.log.lines.some(({ event, fields }) => event === 'term failed' && fields.error === 'cannot'),
  );
  t.ok(terms.length < 5, 'without haste');
  await Promise.all([a.resign(), b.resign()]);
});

void t.test('a store that comes late is waited for', async (t) => {
  const { clock, stand, leading } = election();
  const a = stand('a');
  a.store.sever();
  await clock.advance(600_000);
  t.equal(leading().length, 0);
  a.store.heal();
  await clock.advance(1000);
  t.equal(leading().length, 1);
  await a.resign();
});
