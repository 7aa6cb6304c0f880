// How often machines are asked whether they live, and what counts as one row of failures.

import t, { type Test } from 'tap';
import { manualClock } from '../../src/adapters/manual-clock.ts';
import type { MachineProbe } from '../../src/ports/probe.ts';
import { Prober } from '../../src/scheduler/prober.ts';

const MACHINE = { id: 'm1', api: '10.0.0.1:7600' };
const SILENT = new Set(['m1']);
const NOBODY = new Set<string>();

/** A prober of one machine, and when it asked, ms since the start. */
function probing(t: Test) {
  const clock = manualClock();
  const began = clock.monotonic();
  const asked: number[] = [];
  const world = { answers: true, hints: 0 };
  const probe: MachineProbe = {
    answers: () => {
      asked.push(clock.monotonic() - began);
      return Promise.resolve(world.answers);
    },
  };
  const prober = new Prober(probe, clock, () => (world.hints += 1));
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const ask = (silent: ReadonlySet<string>) => prober.ask([MACHINE], silent, stop.signal);
  return { clock, began, asked, world, prober, ask };
}

void t.test('who lives is asked seldom, and nobody is woken for it', async (t) => {
  const { clock, asked, world, ask } = probing(t);
  ask(NOBODY);
  await clock.advance(9500);
  t.strictSame(asked, [0, 3000, 6000, 9000]);
  t.equal(world.hints, 0);
});

void t.test('who failed once is asked every second, and its failures are one row', async (t) => {
  const { clock, began, asked, world, prober, ask } = probing(t);
  ask(NOBODY);
  await clock.advance(100);
  world.answers = false;
  await clock.advance(5400);
  t.strictSame(asked, [0, 3000, 4000, 5000]);
  t.strictSame(prober.resultsOf('m1'), {
    answeredAt: began,
    failedAt: began + 5000,
    failingSince: began + 3000,
  });
  world.answers = true;
  await clock.advance(1000);
  t.strictSame(prober.resultsOf('m1'), { answeredAt: began + 6000 });
});

void t.test('who falls silent is asked at once, and each answer is told', async (t) => {
  const { clock, asked, world, ask } = probing(t);
  ask(NOBODY);
  await clock.advance(500);
  ask(SILENT);
  await clock.advance(2100);
  t.strictSame(asked, [0, 500, 1500, 2500]);
  t.equal(world.hints, 3);
});
