// Ten thousand hostile requests and more: half from the seeds that are kept, half from a new one, which is printed. Needs no
// machines. A seed that finds something goes into test/controller/seeds.ts.

import t from 'tap';
import { newcomer, setUp } from '../../controller/api.ts';
import { besiege } from '../../controller/hostile.ts';
import { SEEDS } from '../../controller/seeds.ts';

const CASES = 12_000;
const HOUR_MS = 3_600_000;
t.setTimeout(HOUR_MS);

t.test('hostile requests', { timeout: HOUR_MS }, async (t) => {
  const setup = await setUp(t);
  const fresh = Date.now() % 2 ** 31;
  const seeds = [...SEEDS, fresh];
  for (const seed of seeds) {
    const cases = seed === fresh ? CASES / 2 : Math.ceil(CASES / 2 / SEEDS.length);
    await t.resolves(besiege(setup, { seed, cases }), `seed ${seed}, ${cases} cases`);
  }
  const internal = setup.events.filter(({ event }) => event === 'request failed');
  t.same(internal, [], 'nothing failed inside');
  const late = await newcomer(setup.first, 'late');
  t.equal((await late('GET', '/v1/apps/')).status, 200, 'others are served as ever');
});
