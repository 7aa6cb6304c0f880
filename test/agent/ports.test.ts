import t from 'tap';
import {
  EMPTY_PORT_BOOK,
  FIRST_PORT,
  givePortBack,
  LAST_PORT,
  PORT_REST_MS,
  type PortBook,
  reopenPortBook,
  takePort,
} from '../../src/agent/ports.ts';

const FREE = new Set<number>();

function taken(
  book: PortBook,
  unit: string,
  now = 0,
  inUse = FREE,
): { port: number; book: PortBook } {
  const found = takePort(book, unit, inUse, now);
  if (!found) throw new Error('no port left');
  return found;
}

void t.test('ports are given in turn and kept', async (t) => {
  const a = taken(EMPTY_PORT_BOOK, 'a');
  const b = taken(a.book, 'b');
  t.equal(a.port, FIRST_PORT);
  t.equal(b.port, FIRST_PORT + 1);
  t.equal(taken(b.book, 'a').port, FIRST_PORT, 'a unit keeps its port');
});

void t.test(
  'a port that was given back rests for ten minutes, also when it is its turn',
  async (t) => {
    const a = taken({ ...EMPTY_PORT_BOOK, next: LAST_PORT }, 'a');
    t.equal(a.port, LAST_PORT);
    const back = { ...givePortBack(a.book, 'a', 1000), next: LAST_PORT };
    t.equal(taken(back, 'b', 1000 + PORT_REST_MS - 1).port, FIRST_PORT, 'still resting');
    t.equal(taken(back, 'b', 1000 + PORT_REST_MS).port, LAST_PORT, 'rested');
  },
);

void t.test('a port that something else listens on is skipped', async (t) => {
  t.equal(taken(EMPTY_PORT_BOOK, 'a', 0, new Set([FIRST_PORT])).port, FIRST_PORT + 1);
});

void t.test('when all are held there is none', async (t) => {
  const all = Array.from({ length: LAST_PORT - FIRST_PORT + 1 }, (_, i) => [
    `u${i}`,
    FIRST_PORT + i,
  ]);
  const book = { ...EMPTY_PORT_BOOK, held: Object.fromEntries(all) as Record<string, number> };
  t.equal(takePort(book, 'one more', FREE, 0), undefined);
});

void t.test('a wall clock that was set back does not shorten the rest', async (t) => {
  const a = taken(EMPTY_PORT_BOOK, 'a');
  const back = givePortBack(a.book, 'a', 9_000_000);
  const reopened = reopenPortBook({ ...back, next: FIRST_PORT }, 5_000);
  t.equal(taken(reopened, 'b', 5_000 + PORT_REST_MS - 1).port, FIRST_PORT + 1);
  t.equal(taken(reopened, 'b', 5_000 + PORT_REST_MS).port, FIRST_PORT);
});
