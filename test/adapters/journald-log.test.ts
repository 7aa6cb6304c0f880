// The journal's log with a worker that stands still: nobody waits for it, what finds no room is counted.

import t from 'tap';
import { type JournalEntry, journaldLog } from '../../src/adapters/journald-log.ts';
import { startJournalWorker } from '../../src/adapters/journald-worker.ts';

/** Takes a batch only when told. */
function slowWorker() {
  const batches: JournalEntry[][] = [];
  let release: () => void = () => undefined;
  return {
    batches,
    release: () => release(),
    worker: {
      write(batch: JournalEntry[]) {
        batches.push(batch);
        return new Promise<void>((resolve) => (release = resolve));
      },
      close: () => Promise.resolve(),
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

void t.test('fields', async (t) => {
  const { worker, batches } = slowWorker();
  const log = journaldLog(worker, 'deisd', 'info').with({ loop: 'agent' });
  log.info('placed', {
    unit: 'a.service',
    reason: 'two\nlines "x"',
    'odd-name': 1,
    none: undefined,
  });
  log.debug('left out');
  await turn();
  t.strictSame(batches, [
    [
      [
        6,
        'MESSAGE=placed loop=agent unit=a.service reason="two\\nlines \\"x\\"" odd-name=1',
        'SYSLOG_IDENTIFIER=deisd',
        'DEISD_LOOP=agent',
        'DEISD_UNIT=a.service',
        'DEISD_REASON=two\nlines "x"',
        'DEISD_ODD_NAME=1',
      ],
    ],
  ]);
});

void t.test('a journal that stalls stops nobody', async (t) => {
  const { worker, batches, release } = slowWorker();
  const log = journaldLog(worker, 'deisd', 'info');
  log.info('first');
  await turn();
  const before = performance.now();
  for (let count = 0; count < 5000; count += 1) log.info('more', { count });
  t.ok(performance.now() - before < 5000);
  t.equal(batches.length, 1, 'one batch at a time');
  release();
  await turn();
  t.equal(batches.length, 2);
  t.equal(batches[1]!.length, 1001);
  t.match(batches[1]!.at(-1), [4, 'MESSAGE=log lines dropped count=4000']);
  log.error('later');
  release();
  await turn();
  t.match(batches[2], [[3, 'MESSAGE=later']], 'and then all is as before');
});

void t.test('closing waits for what was said, but not for ever', async (t) => {
  const { worker } = slowWorker();
  const log = journaldLog(worker, 'deisd', 'info');
  log.info('last words');
  const before = performance.now();
  await log.close(100);
  t.ok(performance.now() - before < 2000);
});

void t.test('without the add-on there is no worker', async (t) => {
  t.equal(await startJournalWorker('/nowhere/journal_send.node'), undefined);
});
