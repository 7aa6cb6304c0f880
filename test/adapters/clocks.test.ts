// The clock that tests move by hand, and the machine's own: both keep the contract.

import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { manualClock } from '../../src/adapters/manual-clock.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { clockContract } from '../ports/clock.contract.ts';

void t.test('the machine’s own', (t) => clockContract(t, systemClock, (ms) => pause(ms)));

void t.test('one that is moved by hand', (t) => {
  const clock = manualClock();
  return clockContract(t, clock, (ms) => clock.advance(ms));
});
