import t from 'tap';
import { manualClock } from '../../src/adapters/manual-clock.ts';
import { memoryStore } from '../../src/adapters/memory-store.ts';
import { keys } from '../../src/registry/keys.ts';
import { Registry } from '../../src/registry/registry.ts';
import { Session, type SessionOptions } from '../../src/registry/session.ts';
import type { Alive } from '../../src/model/cluster.ts';
import { keptLog } from '../adapters/quiet-log.ts';

const forever = new AbortController().signal;

/** A session of machine `m1` on a store that a test can break, and a view of the store that stays well. */
function sessionOnFake(extra: Partial<SessionOptions<Alive>> = {}) {
  const clock = manualClock();
  const view = memoryStore({ clock });
  const store = view.connect();
  const log = keptLog();
  let lives = 0;
  const session = new Session({
    registry: new Registry(store),
    family: keys.alive,
    ids: ['m1'],
    value: () => ({ session: `life ${(lives += 1)}`, since: '' }),
    clock,
    log,
    ...extra,
  });
  const ending = new AbortController();
  let hints = 0;
  const ended = session.run(() => (hints += 1), ending.signal);
  return {
    clock,
    view,
    store,
    log,
    session,
    hints: () => hints,
    alive: () => new Registry(view).get(keys.alive, ['m1'], forever),
    end: () => {
      ending.abort();
      return ended;
    },
  };
}

void t.test('registers, and stays registered while the store answers', async (t) => {
  const { clock, session, alive, hints, end } = sessionOnFake();
  t.equal(session.current(), undefined);
  await clock.advance(10);
  const life = session.current();
  t.match(await alive(), { value: { session: 'life 1' }, createRevision: life?.createRevision });
  t.match(life?.fence, { kind: 'create-revision', equals: life?.createRevision });
  await clock.advance(3_600_000);
  t.equal(session.current(), life, 'an hour later');
  t.equal(hints(), 1);
  await end();
  t.equal(session.current(), undefined);
  t.ok(await alive(), 'the end leaves the key to its lease');
});

void t.test('ends with its key when asked to', async (t) => {
  const { clock, alive, end } = sessionOnFake({ revokeOnEnd: true });
  await clock.advance(10);
  await end();
  t.equal(await alive(), undefined);
});

void t.test('survives misses that are shorter than the lease', async (t) => {
  const { clock, store, session, end } = sessionOnFake();
  await clock.advance(2500);
  const life = session.current();
  store.sever();
  await clock.advance(6000);
  store.heal();
  await clock.advance(60_000);
  t.equal(session.current(), life);
  await end();
});

void t.test('knows by its own clock when it may be lost, before the store ends it', async (t) => {
  const { clock, store, session, alive, hints, end } = sessionOnFake();
  await clock.advance(10);
  const first = session.current();
  await clock.advance(3990);
  // The last renewal that succeeded was sent at 4000 ms.
  store.freeze();
  await clock.advance(8900);
  t.equal(first?.lost.aborted, false);
  t.ok(await alive());
  await clock.advance(200);
  t.equal(first?.lost.aborted, true);
  t.match(first?.lost.reason, { code: 'lease-gone' });
  t.equal(session.current(), undefined);
  t.equal(hints(), 2);
  await end();
});

void t.test('hours without the store end in one new session', async (t) => {
  const { clock, store, session, alive, log, hints, end } = sessionOnFake();
  await clock.advance(10);
  const first = session.current();
  store.sever();
  await clock.advance(3_600_000);
  t.equal(session.current(), undefined);
  store.heal();
  await clock.advance(1000);
  const second = session.current();
  t.ok(second && first && second.createRevision > first.createRevision);
  t.match(await alive(), { value: { session: 'life 2' } });
  t.equal(hints(), 3);
  t.same(
    log.lines.filter(({ level }) => level !== 'debug').map(({ event }) => event),
    ['session began', 'session lost', 'could not register', 'session began'],
    'one line per change, not per try',
  );
  await end();
});

void t.test('takes over the key of its earlier life at once, with a new fence', async (t) => {
  const earlier = sessionOnFake();
  await earlier.clock.advance(10);
  const old = earlier.session.current();
  await earlier.end();
  const { clock, view } = earlier;
  const session = new Session({
    registry: new Registry(view),
    family: keys.alive,
    ids: ['m1'],
    value: () => ({ session: 'next', since: '' }),
    clock,
    log: keptLog(),
  });
  const ending = new AbortController();
  const ended = session.run(() => undefined, ending.signal);
  await clock.advance(10);
  const life = session.current();
  t.ok(life && old && life.createRevision > old.createRevision);
  await clock.advance(20_000);
  t.ok(session.current(), 'the end of the old lease does not touch the new key');
  const conditions = old ? [old.fence] : [];
  const late = await view.commit({ conditions, writes: [] }, forever);
  t.equal(late.applied, false, 'a write of the old life is refused');
  ending.abort();
  await ended;
});

void t.test('registers again when its key is deleted by hand or taken', async (t) => {
  const { clock, view, session, alive, end } = sessionOnFake();
  await clock.advance(10);
  const first = session.current();
  const writes = [{ kind: 'delete-prefix' as const, prefix: '/deis' }];
  await view.commit({ conditions: [], writes }, forever);
  session.doubt();
  await clock.advance(100);
  t.equal(first?.lost.aborted, true, 'a doubt is looked into at once');
  t.match(await alive(), { value: { session: 'life 2' } });
  await view.commit({ conditions: [], writes }, forever);
  await clock.advance(2100);
  t.match(await alive(), { value: { session: 'life 3' } }, 'without a doubt at the next renewal');
  await end();
});

void t.test('a lease that the store ended is replaced at the next renewal', async (t) => {
  const { clock, view, session, alive, end } = sessionOnFake();
  await clock.advance(10);
  await view.revokeLease(session.current()?.lease ?? '', forever);
  t.equal(await alive(), undefined);
  await clock.advance(2100);
  t.match(await alive(), { value: { session: 'life 2' } });
  await end();
});

void t.test('a registration whose answer was lost is not registered twice', async (t) => {
  const clock = manualClock();
  const store = memoryStore({ clock });
  store.loseNextAnswer();
  const session = new Session({
    registry: new Registry(store),
    family: keys.alive,
    ids: ['m1'],
    value: () => ({ session: 's', since: '' }),
    clock,
    log: keptLog(),
  });
  const ending = new AbortController();
  const ended = session.run(() => undefined, ending.signal);
  await clock.advance(1000);
  const life = session.current();
  const listed = await new Registry(store).list(keys.alive, [], forever);
  t.equal(listed.items.length, 1);
  t.equal(listed.items[0]?.createRevision, life?.createRevision);
  ending.abort();
  await ended;
});
