import t from 'tap';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { Loop } from '../../src/daemon/loop.ts';
import type { Log } from '../../src/ports/log.ts';

const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => log,
};

t.test('a hint during a pass causes another pass, never two at once', async (t) => {
  const stop = new AbortController();
  let passes = 0;
  let running = 0;
  const loop = new Loop({
    name: 'x',
    every: 60_000,
    clock: systemClock,
    log,
    pass: async () => {
      running += 1;
      t.equal(running, 1);
      passes += 1;
      if (passes < 3) loop.hint();
      else stop.abort();
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
    },
  });
  await loop.run(stop.signal);
  t.equal(passes, 3);
});

t.test('a failing pass is tried again, hints do not hurry it', async (t) => {
  const stop = new AbortController();
  const began = performance.now();
  let passes = 0;
  const loop = new Loop({
    name: 'x',
    every: 60_000,
    clock: systemClock,
    log,
    pass: async () => {
      passes += 1;
      loop.hint();
      if (passes === 2) stop.abort();
      throw new Error('broken');
    },
  });
  await loop.run(stop.signal);
  t.ok(performance.now() - began >= 190);
});

t.test('a pass may ask to be woken', async (t) => {
  const stop = new AbortController();
  let passes = 0;
  const loop = new Loop({
    name: 'x',
    every: 60_000,
    clock: systemClock,
    log,
    pass: async () => {
      passes += 1;
      if (passes === 3) stop.abort();
      return 5;
    },
  });
  await loop.run(stop.signal);
  t.equal(passes, 3);
});
