import t from 'tap';
import { manualClock } from '../../src/adapters/manual-clock.ts';
import { memoryStore } from '../../src/adapters/memory-store.ts';
import { acquireLock, type LockOptions, withLock } from '../../src/registry/lock.ts';
import { Registry } from '../../src/registry/registry.ts';
import { keptLog } from '../adapters/quiet-log.ts';

const forever = new AbortController().signal;

function locksOnFake() {
  const clock = manualClock();
  const view = memoryStore({ clock });
  const from = (holder: string, extra: Partial<LockOptions> = {}) => {
    const store = view.connect();
    const registry = new Registry(store);
    return { store, registry, name: 'n', holder, clock, log: keptLog(), ...extra };
  };
  return { clock, view, from };
}

void t.test('one after the other', async (t) => {
  const { clock, from } = locksOnFake();
  let inside = 0;
  let most = 0;
  const done: string[] = [];
  const all = ['a', 'b', 'c', 'd'].map((holder) =>
    withLock(
      from(holder),
      async () => {
        most = Math.max(most, (inside += 1));
        await clock.sleep(20_000, forever);
        inside -= 1;
        done.push(holder);
      },
      forever,
    ),
  );
  await clock.advance(100_000);
  await Promise.all(all);
  t.equal(most, 1);
  t.equal(done.length, 4);
});

void t.test('gives up after its patience, and says who has it', async (t) => {
  const { clock, from } = locksOnFake();
  const lock = acquireLock(from('a'), forever);
  await clock.advance(10);
  const waiting = acquireLock(from('b', { patience: 3000 }), forever);
  const outcome = t.rejects(waiting, { code: 'timeout', message: /held by a/ });
  await clock.advance(3100);
  await outcome;
  const stop = new AbortController();
  const stopped = t.rejects(acquireLock(from('c'), stop.signal), { message: 'enough' });
  await clock.advance(10);
  stop.abort(new Error('enough'));
  await stopped;
  await (await lock).release();
});

void t.test('is lost early enough to stop what must not run twice', async (t) => {
  const { clock, from } = locksOnFake();
  const a = from('a', { ttl: 30, margin: 20_000 });
  const first = acquireLock(a, forever);
  await clock.advance(10);
  const lock = await first;
  let second = false;
  const next = acquireLock(from('b', { ttl: 30 }), forever).then((held) => {
    second = true;
    return held;
  });
  await clock.advance(60_000);
  t.equal(lock.lost.aborted, false);
  a.store.freeze();
  let lostAt = 0;
  let passedAt = 0;
  for (let ms = 0; passedAt === 0 && ms < 60_000; ms += 100) {
    await clock.advance(100);
    if (lock.lost.aborted && lostAt === 0) lostAt = clock.monotonic();
    if (second) passedAt = clock.monotonic();
  }
  t.ok(passedAt - lostAt >= 20_000, `${passedAt - lostAt} ms between`);
  a.store.heal();
  await lock.release();
  await (await next).release();
});

void t.test('the next life of a holder gets it back with nobody in between', async (t) => {
  const { clock, view, from } = locksOnFake();
  const first = acquireLock(from('a'), forever);
  await clock.advance(10);
  const old = await first;
  const waiting = acquireLock(from('b'), forever);
  const again = acquireLock(from('a'), forever);
  await clock.advance(100);
  const lock = await again;
  t.equal((await view.commit({ conditions: [old.fence], writes: [] }, forever)).applied, false);
  t.equal((await view.commit({ conditions: [lock.fence], writes: [] }, forever)).applied, true);
  await clock.advance(60_000);
  t.equal(old.lost.aborted, true, 'the old life learns of it');
  t.equal(lock.lost.aborted, false);
  await old.release();
  await clock.advance(100);
  t.equal(lock.lost.aborted, false, 'and its parting does not hurt the new one');
  await lock.release();
  await clock.advance(100);
  await (await waiting).release();
});

void t.test('a margin that leaves no time to work is refused', async (t) => {
  const { from } = locksOnFake();
  await t.rejects(acquireLock(from('a', { ttl: 10, margin: 9000 }), forever), { code: 'invalid' });
});
