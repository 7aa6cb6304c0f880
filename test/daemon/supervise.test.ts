import t from 'tap';
import { supervise } from '../../src/daemon/supervise.ts';
import type { Log } from '../../src/ports/log.ts';

function surroundings(): { events: string[]; clock: never; log: Log } {
  const events: string[] = [];
  const note = (event: string): void => void events.push(event);
  const log: Log = { debug: note, info: note, warn: note, error: note, with: () => log };
  let now = 0;
  const clock = {
    now: () => now,
    monotonic: () => now,
    sleep: async (ms: number, signal: AbortSignal) => {
      signal.throwIfAborted();
      now += ms;
      events.push(`slept ${ms}`);
      await Promise.resolve();
    },
  };
  return { events, clock: clock as never, log };
}

t.test('a part that fails is started again after a growing pause', async (t) => {
  const { events, clock, log } = surroundings();
  const stop = new AbortController();
  let runs = 0;
  await supervise(
    'x',
    async () => {
      runs += 1;
      if (runs === 4) stop.abort();
      throw new Error('broken');
    },
    { clock, log },
    stop.signal,
  );
  t.equal(runs, 4);
  t.same(events, [
    'part failed',
    'slept 500',
    'part failed',
    'slept 1000',
    'part failed',
    'slept 2000',
  ]);
});

t.test('a part told to end is not started again', async (t) => {
  const { events, clock, log } = surroundings();
  const stop = new AbortController();
  await supervise('x', async () => stop.abort(), { clock, log }, stop.signal);
  t.same(events, []);
});
