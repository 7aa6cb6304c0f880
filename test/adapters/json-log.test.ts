import { Writable } from 'node:stream';
import t from 'tap';
import { jsonLog } from '../../src/adapters/json-log.ts';

/** A reader that can stop reading. */
function reader() {
  const lines: string[] = [];
  let stopped = false;
  let held: (() => void)[] = [];
  const out = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      const take = (): void => {
        lines.push(text);
        done();
      };
      if (stopped) held.push(take);
      else take();
    },
  });
  return {
    lines,
    out,
    stop: () => (stopped = true),
    go: (): void => {
      stopped = false;
      for (const take of held) take();
      held = [];
    },
  };
}

void t.test('one JSON object per line', async (t) => {
  const { lines, out } = reader();
  const log = jsonLog({ out, journal: false, now: () => 0 }).with({ part: 'agent' });
  log.info('placed', { unit: 'a.service', machine: 'm1', reason: 'two\nlines' });
  log.debug('left out');
  log.with({ app: 'blog' }).error('failed', { part: 'router' });
  t.same(
    lines.map((line) => JSON.parse(line)),
    [
      {
        time: '1970-01-01T00:00:00.000Z',
        level: 'info',
        event: 'placed',
        part: 'agent',
        unit: 'a.service',
        machine: 'm1',
        reason: 'two\nlines',
      },
      {
        time: '1970-01-01T00:00:00.000Z',
        level: 'error',
        event: 'failed',
        part: 'router',
        app: 'blog',
      },
    ],
  );
  t.ok(lines.every((line) => line.indexOf('\n') === line.length - 1));
});

void t.test('priorities for the journal', async (t) => {
  const { lines, out } = reader();
  const log = jsonLog({ out, journal: true, level: 'debug' });
  log.debug('a');
  log.info('b', { n: 1 });
  log.warn('c\n<0>panic');
  log.error('d');
  t.same(lines, ['<7>a\n', '<6>b {"n":1}\n', '<4>c <0>panic\n', '<3>d\n']);
});

void t.test('a reader that stopped costs lines, not memory, and is told how many', async (t) => {
  const { lines, out, stop, go } = reader();
  const log = jsonLog({ out, journal: true });
  stop();
  const text = 'x'.repeat(64 * 1024);
  for (let count = 0; count < 100; count += 1) log.info('event', { text });
  t.ok(out.writableLength < 1.2 * 1024 * 1024);
  while (out.writableLength > 0) {
    go();
    await new Promise((resolve) => setImmediate(resolve));
  }
  log.info('after');
  t.match(lines.at(-2), /^<4>log lines dropped \{"count":8\d\}\n$/);
  t.equal(lines.at(-1), '<6>after\n');
});
