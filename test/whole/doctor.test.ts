// `deisctl doctor` on real machines, short form: two faults, each named and mended by the command it prints, and no false alarm before.
// `npm run proof doctor` makes all of them.

import t from 'tap';
import { ask, tryFault } from './doctor/doctor.ts';
import { MACHINE_FAULTS } from './doctor/faults-of-machines.ts';
import { ROUTE_FAULTS } from './doctor/faults-of-routes.ts';
import { eventually, platform } from './platform.ts';

const on = await platform();
const SHORT = ['deisd frozen', 'a router whose files are refused'];

t.test('a healthy cluster', { timeout: 240_000 }, async (t) => {
  const told = await eventually('nothing is wrong', 120, async () => {
    const { told, code } = await ask(on);
    return code === 0 && told;
  });
  t.same(told.findings, []);
});

for (const fault of [...MACHINE_FAULTS, ...ROUTE_FAULTS]) {
  if (!SHORT.includes(fault.name)) continue;
  t.test(fault.name, { timeout: 420_000 }, (t) => tryFault(t, on, fault));
}
