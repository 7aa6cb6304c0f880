// The stack comes to a machine as soon as the registry has it, once, and again when it may be newer.

import t from 'tap';
import { manualClock } from '../../src/adapters/manual-clock.ts';
import { keepStackAhead } from '../../src/agent/stack-ahead.ts';
import { DeisError } from '../../src/model/errors.ts';
import { keptLog } from '../adapters/quiet-log.ts';

t.test('tried until it is there, then left alone for hours', async (t) => {
  const clock = manualClock();
  const pulled: string[] = [];
  let there = false;
  const engine = {
    pull(reference: string) {
      pulled.push(reference);
      return there
        ? Promise.resolve()
        : Promise.reject(new DeisError('not-found', 'no such image', ''));
    },
  };
  const ended = new AbortController();
  const running = keepStackAhead({ engine, clock, log: keptLog() }, ended.signal);
  await clock.advance(29_000);
  t.equal(pulled.length, 0, 'a machine that has just started is left alone');
  await clock.advance(1000);
  t.same(pulled, ['127.0.0.1:5555/deis-stack:latest']);
  await clock.advance(60_000);
  t.equal(pulled.length, 3, 'after 20 and 40 s');
  there = true;
  await clock.advance(80_000);
  t.equal(pulled.length, 4);
  await clock.advance(6 * 3600_000 - 1000);
  t.equal(pulled.length, 4, 'it is here');
  await clock.advance(1000);
  t.equal(pulled.length, 5, 'there may be a newer one');
  ended.abort();
  await running;
});
