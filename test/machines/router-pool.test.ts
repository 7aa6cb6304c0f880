import t from 'tap';
import { RouterPool } from '../../src/machines/local/router-pool.ts';

const POOL = ['a', 'b', 'c'];
function ready(): RouterPool {
  const pool = new RouterPool(POOL);
  for (const router of POOL) pool.probed(router, 'ready');
  return pool;
}
const firsts = (pool: RouterPool, count: number) =>
  Array.from({ length: count }, () => pool.candidates()[0]);

void t.test('ready routers take turns', async (t) => {
  t.strictSame(firsts(ready(), 6), ['a', 'b', 'c', 'a', 'b', 'c']);
});

void t.test('a router that is leaving or silent is only a last resort', async (t) => {
  const pool = ready();
  pool.probed('a', 'leaving');
  pool.probed('b', 'silent');
  t.strictSame([...new Set(firsts(pool, 9))], ['c']);
  t.strictSame(pool.candidates(), ['c', 'a', 'b']);
});

void t.test('with nobody ready all are tried, the likeliest first', async (t) => {
  const pool = new RouterPool(POOL);
  t.equal(pool.candidates().length, 3, 'nobody was probed yet');
  pool.probed('a', 'silent');
  pool.probed('b', 'closed');
  pool.probed('c', 'leaving');
  t.strictSame(pool.candidates(), ['c', 'b', 'a']);
});

void t.test('a router is dead after its second silence in a row, once', async (t) => {
  const pool = ready();
  t.equal(pool.probed('a', 'silent'), false);
  t.equal(pool.probed('a', 'ready'), false);
  t.equal(pool.probed('a', 'silent'), false);
  t.equal(pool.probed('a', 'silent'), true);
  t.equal(pool.probed('a', 'silent'), false, 'it is not killed twice');
  t.equal(pool.probed('b', 'closed'), false, 'who answers is not dead');
  t.equal(pool.probed('b', 'leaving'), false);
});

void t.test('a timed-out connection skips the router until a probe sees it', async (t) => {
  const pool = ready();
  pool.connectTimedOut('a');
  t.notOk(firsts(pool, 6).includes('a'));
  pool.probed('a', 'ready');
  t.ok(firsts(pool, 6).includes('a'));
});
