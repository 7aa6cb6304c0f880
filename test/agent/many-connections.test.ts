// Numbers of the kernel that the agent wants: set when they are worse, left alone when they are good, asked for again later.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { manualClock } from '../../src/adapters/manual-clock.ts';
import { procSys } from '../../src/adapters/proc-sys.ts';
import { makeRoomForConnections, WISHES } from '../../src/agent/many-connections.ts';
import { DeisError } from '../../src/model/errors.ts';
import type { KernelSettings } from '../../src/ports/kernel-settings.ts';
import { keptLog } from '../adapters/quiet-log.ts';

const [TIME_WAIT, REUSE] = WISHES.map(({ name }) => name) as [string, string];

function knowing(numbers: Map<string, number>, refused: string[] = []): KernelSettings {
  return {
    read: (name) => Promise.resolve(numbers.get(name)),
    write(name, value) {
      if (refused.includes(name)) return Promise.reject(new DeisError('refused', `keeps ${name}`));
      numbers.set(name, value);
      return Promise.resolve();
    },
  };
}

void t.test('the kernel gets what it lacks, and again', async (t) => {
  const [clock, log, end] = [manualClock(), keptLog(), new AbortController()];
  const numbers = new Map([[REUSE, 2]]);
  const running = makeRoomForConnections({ kernel: knowing(numbers), clock, log }, end.signal);
  const passed = async (): Promise<void> => {
    while (clock.sleeping === 0) await pause(5);
  };
  await passed();
  t.same([...numbers], [[REUSE, 1]], 'a part that is not loaded is no failure');
  numbers.set(TIME_WAIT, 120);
  await clock.advance(61_000);
  await passed();
  t.equal(numbers.get(TIME_WAIT), 10);
  numbers.set(TIME_WAIT, 5);
  await clock.advance(61_000);
  await passed();
  t.equal(numbers.get(TIME_WAIT), 5, 'somebody knows better');
  end.abort();
  await running;
});

void t.test('a kernel that does not let us is told of once', async (t) => {
  const [clock, log, end] = [manualClock(), keptLog(), new AbortController()];
  const numbers = new Map([
    [TIME_WAIT, 120],
    [REUSE, 2],
  ]);
  const kernel = knowing(numbers, [TIME_WAIT]);
  const running = makeRoomForConnections({ kernel, clock, log }, end.signal);
  for (let pass = 0; pass < 3; pass += 1) {
    while (clock.sleeping === 0) await pause(5);
    await clock.advance(61_000);
  }
  t.equal(numbers.get(REUSE), 1, 'the others hold');
  t.equal(log.lines.filter(({ event }) => event === 'few connections').length, 1);
  end.abort();
  await running;
});

void t.test('numbers of proc_sys', async (t) => {
  const root = t.testdir();
  const path = join(root, 'net', 'ipv4', 'tcp_tw_reuse');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '2\n');
  const kernel = procSys(root);
  t.equal(await kernel.read(REUSE), 2);
  await kernel.write(REUSE, 1);
  t.equal(readFileSync(path, 'utf8'), '1\n');
  t.equal(await kernel.read(TIME_WAIT), undefined);
  await t.rejects(kernel.write(TIME_WAIT, 10), {
    code: 'refused',
    hint: /sysctl -w net\.netfilter/,
  });
});
