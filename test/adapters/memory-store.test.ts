import t from 'tap';
import { manualClock } from '../../src/adapters/manual-clock.ts';
import { memoryStore } from '../../src/adapters/memory-store.ts';
import { storeContract } from '../ports/store.contract.ts';
import { Watching } from '../ports/watching.ts';

const forever = new AbortController().signal;

void t.test('keeps the contract of a store', async (t) => {
  const store = memoryStore();
  t.teardown(() => store.close());
  await storeContract(t, {
    store,
    other: store.connect(),
    breakOff: async () => store.sever(),
    heal: async () => store.heal(),
    compact: async () => store.compact(),
  });
});

void t.test('leases follow the clock that is handed in', async (t) => {
  const clock = manualClock();
  const store = memoryStore({ clock });
  const lease = await store.grantLease(9, forever);
  const writes = [{ kind: 'put' as const, key: '/a', value: '1', lease }];
  await store.commit({ conditions: [], writes }, forever);
  const watching = new Watching(store, '/');
  await clock.advance(8000);
  await store.keepLeaseAlive(lease, forever);
  await clock.advance(8900);
  t.same(watching.heard, ['snapshot']);
  await clock.advance(200);
  t.same(watching.heard, ['snapshot', 'delete /a'], 'told without anybody asking');
  await watching.end();
});

void t.test('a frozen store answers nobody, then lets them go', async (t) => {
  const clock = manualClock();
  const store = memoryStore({ clock });
  const other = store.connect();
  store.freeze();
  let outcome = 'waiting';
  store.get('/a', forever).catch((error) => (outcome = error.code));
  await clock.advance(2000);
  t.equal(outcome, 'waiting');
  await clock.advance(1000);
  t.equal(outcome, 'unavailable');
  t.equal(await other.get('/a', forever), undefined, 'other handles are well');
});

void t.test('a lost answer is a write that happened', async (t) => {
  const store = memoryStore();
  store.loseNextAnswer();
  const writes = [{ kind: 'put' as const, key: '/a', value: '1' }];
  await t.rejects(store.commit({ conditions: [], writes }, forever), { code: 'unavailable' });
  t.equal((await store.get('/a', forever))?.value, '1');
});
