// Five hundred hostile requests; many more in `npm run proof controller-fuzz`. No 500, no crash, nothing internal in the log.

import t from 'tap';
import { newcomer, setUp } from './api.ts';
import { besiege } from './hostile.ts';
import { SEEDS } from './seeds.ts';

t.setTimeout(180_000);

t.test('hostile requests', { timeout: 170_000 }, async (t) => {
  const setup = await setUp(t);
  const cases = Math.ceil(500 / SEEDS.length);
  for (const seed of SEEDS) {
    await t.resolves(besiege(setup, { seed, cases }), `seed ${seed}, ${cases} cases`);
  }
  const internal = setup.events.filter(({ event }) => event === 'request failed');
  t.same(internal, [], 'nothing failed inside');
  t.equal((await setup.first.call('GET', '/healthz')).status, 200);
  const late = await newcomer(setup.first, 'late');
  t.equal((await late('GET', '/v1/apps/')).status, 200, 'others are served as ever');
});
