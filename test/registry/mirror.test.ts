import t from 'tap';
import { memoryStore } from '../../src/adapters/memory-store.ts';
import { keys } from '../../src/registry/keys.ts';
import { Mirror } from '../../src/registry/mirror.ts';
import { put, remove } from '../../src/registry/registry.ts';

const forever = new AbortController().signal;
const settle = () => new Promise((resolve) => setImmediate(resolve));

void t.test(
  'follows one family, hints at all that may matter, and is honest about breaks',
  async (t) => {
    const store = memoryStore();
    const commit = async (...writes: Parameters<typeof store.commit>[0]['writes']) => {
      const { revision } = await store.commit({ conditions: [], writes }, forever);
      await settle();
      return revision;
    };
    await commit(put(keys.services, ['blog', 'u1'], '10.0.0.1:20000'));
    const mirror = new Mirror(keys.services, ['blog']);
    let hints = 0;
    const ending = new AbortController();
    const ended = mirror.start(store, () => (hints += 1), ending.signal);
    await mirror.ready();
    t.match(mirror.items(), [{ ids: ['blog', 'u1'], value: '10.0.0.1:20000' }]);
    t.equal(mirror.connected, true);
    t.equal(hints, 1);

    await commit(put(keys.services, ['other', 'u1'], 'x'));
    t.equal(hints, 1, 'another app does not wake us');
    const revision = await commit(
      put(keys.services, ['blog', 'u2'], '10.0.0.2:20000'),
      remove(keys.services, ['blog', 'u1']),
    );
    t.equal(hints, 2);
    t.equal(mirror.revision, revision);
    t.equal(mirror.size, 1);
    t.equal(mirror.get('blog', 'u1'), undefined);
    t.equal(mirror.get('blog', 'u2')?.modRevision, revision);

    const other = store.connect();
    store.sever();
    await settle();
    t.equal(mirror.connected, false);
    t.equal(mirror.breaks, 1);
    t.equal(mirror.size, 1, 'what was known stays');
    await other.commit(
      { conditions: [], writes: [remove(keys.services, ['blog', 'u2'])] },
      forever,
    );
    store.compact();
    store.heal();
    await settle();
    t.equal(mirror.connected, true);
    t.equal(mirror.size, 0);
    ending.abort();
    await ended;
  },
);

void t.test('a malformed value is set aside and stops nothing', async (t) => {
  const store = memoryStore();
  const mirror = new Mirror(keys.orders);
  const ending = new AbortController();
  const ended = mirror.start(store, () => undefined, ending.signal);
  await mirror.ready();
  const good = put(keys.orders, ['m1'], { cordon: true, drain: false });
  const key = keys.orders.key('m2');
  const bad = { kind: 'put' as const, key, value: '{"cordon":"perhaps"}' };
  await store.commit({ conditions: [], writes: [good, bad] }, forever);
  await settle();
  t.same(
    mirror.items().map(({ ids }) => ids),
    [['m1']],
  );
  t.match(mirror.malformed.get(key), /orders\/m2/);
  const mended = put(keys.orders, ['m2'], { cordon: false, drain: false });
  await store.commit({ conditions: [], writes: [mended] }, forever);
  await settle();
  t.equal(mirror.size, 2);
  t.equal(mirror.malformed.size, 0);
  ending.abort();
  await ended;
});
