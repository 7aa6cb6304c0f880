// A table of 200 apps with five domains and three containers each is served at once; `npm run bench router-table` takes a thousand.

import t from 'tap';
import { tableTimes } from './tables.ts';

void t.test('a large table', async (t) => {
  const times = await tableTimes(200, (what) => t.teardown(what));
  const told = Object.entries(times).map(([name, ms]) => `${name} ${Math.round(ms)} ms`);
  t.comment(told.join(', '));
  const { plan, commit, served, first } = times;
  t.ok(plan + commit + served < 3000, 'a change is in effect within 3 s');
  t.ok(first < 2000, 'a fresh one answers its first request from the table');
});
