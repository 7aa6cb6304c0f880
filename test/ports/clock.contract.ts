// What every Clock must do; `advance` lets at least so many ms go by.

import type { Test } from 'tap';
import { type Clock, rest } from '../../src/ports/clock.ts';

const LONG = 3_600_000;

/** `t` runs the suite as its subtests. */
export async function clockContract(
  t: Test,
  clock: Clock,
  advance: (ms: number) => Promise<void>,
): Promise<void> {
  await t.test('time goes on, and sleepers wake in its order', async (t) => {
    const { signal } = new AbortController();
    const [wall, began] = [clock.now(), clock.monotonic()];
    const woken: number[] = [];
    const sleeping = [20, 5, -1].map(async (ms) => {
      await clock.sleep(ms, signal);
      woken.push(ms);
    });
    await advance(40);
    await Promise.all(sleeping);
    t.strictSame(woken, [-1, 5, 20]);
    // A timer may be a fraction of a millisecond early by the other clock.
    t.ok(clock.monotonic() - began >= 19);
    t.ok(clock.now() >= wall);
  });

  await t.test('a sleep ends with its signal, and with its reason', async (t) => {
    const reason = new Error('enough');
    await t.rejects(clock.sleep(LONG, AbortSignal.abort(reason)), reason);
    const stop = new AbortController();
    const sleeping = clock.sleep(LONG, stop.signal).catch((error: unknown) => error);
    stop.abort(reason);
    t.equal(await sleeping, reason);
    await rest(clock, LONG, AbortSignal.abort(reason));
  });
}
