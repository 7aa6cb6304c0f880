// What a machine hands to the logger: whose line an entry is, and where to begin with a logger it has found.

import t from 'tap';
import { readEntry, samePlace } from '../../src/agent/shipping/entry.ts';
import { startOf } from '../../src/agent/shipping/start.ts';

const CURSOR = 's=a;i=1;b=c;m=2;t=3;x=4';
const entry = (fields: object) =>
  readEntry(
    JSON.stringify({ __CURSOR: CURSOR, __REALTIME_TIMESTAMP: '1700000000000000', ...fields }),
  );
const OF_BLOG = { DEIS_APP: 'blog', DEIS_PROCESS: 'web.1', DEIS_RELEASE: '3' };

t.test('an entry is the line of whom its labels name', async (t) => {
  const place = { cursor: CURSOR, time: 1_700_000_000_000_000 };
  t.same(entry({ ...OF_BLOG, MESSAGE: 'shop[web.1]: DEIS_APP=shop', PRIORITY: '6' }), {
    place,
    line: {
      app: 'blog',
      process: 'web.1',
      release: 3,
      time: place.time,
      text: 'shop[web.1]: DEIS_APP=shop',
    },
  });
  t.match(entry({ ...OF_BLOG, MESSAGE: 'x', PRIORITY: '3' }).line, { error: true });
  t.match(entry({ DEIS_UNIT: 'deis-router@2.service', MESSAGE: 'x' }).line, {
    app: 'deis-router',
    process: '2',
  });
  t.equal(entry({ ...OF_BLOG, MESSAGE: [104, 255, 105] }).line?.text, 'h\uFFFDi');
  t.equal(entry({ ...OF_BLOG, MESSAGE: null }).line?.text, '');
  const piece = entry({
    ...OF_BLOG,
    MESSAGE: 'x',
    CONTAINER_PARTIAL_ID: 'id',
    CONTAINER_PARTIAL_LAST: 'false',
  });
  t.match(piece.line, { text: 'eA==', piece: { id: 'id', last: false } });
});

t.test('what is nobody’s output only moves the place', async (t) => {
  for (const fields of [
    { MESSAGE: 'dockerd itself' },
    { ...OF_BLOG, DEIS_APP: '../etc' },
    { ...OF_BLOG, DEIS_APP: 'deis-router' },
    { ...OF_BLOG, DEIS_APP: ['blog', 'shop'] },
    { ...OF_BLOG, DEIS_PROCESS: 'web.1] x[' },
    { DEIS_UNIT: 'deis-logger.service', MESSAGE: 'x' },
    { DEIS_UNIT: 'other.service', MESSAGE: 'x' },
  ]) {
    t.equal(entry(fields).line, undefined, JSON.stringify(fields));
  }
});

t.test('places are the same wherever the journal file lies', async (t) => {
  t.ok(samePlace(CURSOR, CURSOR.replace('s=a;i=1', 's=z;i=9')));
  t.notOk(samePlace(CURSOR, CURSOR.replace('t=3', 't=4')));
});

t.test('where to begin', async (t) => {
  const hour = 3600 * 1e6;
  const now = 10 * hour;
  const at = (time: number) => ({ cursor: `c${time}`, time });
  t.same(startOf(null, undefined, now), { from: { since: 9 * hour }, oldUntil: { time: now } });
  t.same(startOf(at(5), undefined, now), { from: at(5) });
  t.same(startOf(at(5), at(5), now), { from: at(5) });
  t.same(startOf(at(6), at(5), now), { from: at(6) }, 'our note is late');
  t.same(startOf(null, at(9 * hour), now), {
    from: { since: 8 * hour },
    oldUntil: at(9 * hour),
  });
  t.same(startOf(at(9 * hour - 5), at(9 * hour), now), {
    from: at(9 * hour - 5),
    oldUntil: at(9 * hour),
  });
  t.same(startOf(at(1), at(9 * hour), now), {
    from: { since: 8 * hour },
    oldUntil: at(9 * hour),
  });
});
