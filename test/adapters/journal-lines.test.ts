// App lines out of the journal's JSON: cut lines whole again, bytes that are no text, filters, limits.

import t from 'tap';
import { JournalLines, processFilter } from '../../src/adapters/journal-lines.ts';
import { linesOf } from '../../src/adapters/json-lines.ts';

let clock = 1000;
/** One entry; give them newest first, as `journalctl --reverse` does. */
const entry = (message: unknown, more: object = {}): string =>
  JSON.stringify({
    __REALTIME_TIMESTAMP: String((clock -= 1)),
    __CURSOR: `c${clock}`,
    DEIS_APP: 'hello',
    DEIS_PROCESS: 'web.1',
    MESSAGE: message,
    ...more,
  });
const part = (id: string, ordinal: number) => ({
  CONTAINER_PARTIAL_ID: id,
  CONTAINER_PARTIAL_ORDINAL: String(ordinal),
});

const all = () => true;

void t.test('oldest first, no more than wanted', async (t) => {
  const lines = new JournalLines(2, all);
  for (const text of ['three', 'two']) {
    t.notOk(lines.full);
    lines.add(entry(text));
  }
  t.ok(lines.full);
  t.match(lines.lines(), [
    { app: 'hello', process: 'web.1', line: 'two', time: '998', cursor: 'c998' },
    { line: 'three', time: '999' },
  ]);
});

void t.test('a cut line is one line, also among others and through a character', async (t) => {
  const euro = [...Buffer.from('€')];
  const lines = new JournalLines(2, all);
  lines.add(entry('last', part('a', 3)));
  lines.add(entry('other', { DEIS_PROCESS: 'web.2' }));
  t.notOk(lines.full, 'its beginning is still to come');
  lines.add(entry(euro.slice(1), part('a', 2)));
  lines.add(entry([120, euro[0]], part('a', 1)));
  t.ok(lines.full);
  t.strictSame(
    lines.lines().map(({ process, line }) => [process, line]),
    [
      ['web.2', 'other'],
      ['web.1', 'x€last'],
    ],
  );
});

void t.test('a beginning that was lost is not waited for without end', async (t) => {
  const lines = new JournalLines(1, all);
  lines.add(entry('end', part('lost', 2)));
  for (let more = 0; !lines.full; more += 1) {
    if (more > 5000) return t.fail('waits for ever');
    lines.add(entry('x'));
  }
  return t.match(lines.lines(), [{ line: 'end' }]);
});

void t.test('an answer stays within bounds, whatever an app prints', async (t) => {
  const lines = new JournalLines(10_000, all);
  let taken = 0;
  while (!lines.full) {
    lines.add(entry('x'.repeat(100_000)));
    taken += 1;
  }
  t.ok(taken < 100);
});

void t.test('bytes, nothing, and no message at all', async (t) => {
  const lines = new JournalLines(3, all);
  for (const message of [[255, 65], null, undefined]) lines.add(entry(message));
  t.strictSame(
    lines.lines().map(({ line }) => line),
    ['', '', '\ufffdA'],
  );
});

void t.test('processes', async (t) => {
  const names = ['web.1', 'web.12', 'webx.1', 'worker.1'];
  t.strictSame(names.filter(processFilter('web')), ['web.1', 'web.12']);
  t.strictSame(names.filter(processFilter('web.1')), ['web.1']);
  t.strictSame(names.filter(processFilter(undefined)), names);
});

void t.test('lines of a stream, however it is cut', async (t) => {
  const text = 'eins\n\nzw€i\ndrei';
  for (const size of [1, 2, 3, 100]) {
    const bytes = Buffer.from(text);
    const chunks = async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    };
    const found: string[] = [];
    for await (const line of linesOf(chunks())) found.push(line);
    t.strictSame(found, ['eins', 'zw€i', 'drei'], `by ${size}`);
  }
});
