// Faults of machines, all of them for real: `deisctl doctor` names each and prints what mends it.

import t from 'tap';
import { tryFault } from '../doctor/doctor.ts';
import { MACHINE_FAULTS } from '../doctor/faults-of-machines.ts';
import { deployHello, platform } from '../platform.ts';

const on = await platform();
await deployHello(on, 'hello', { web: 3 });

const only = process.env['DEIS_DOCTOR_FAULT'];
for (const fault of MACHINE_FAULTS.filter(
  ({ name }) => only === undefined || new RegExp(only).test(name),
)) {
  t.test(fault.name, { timeout: 420_000 }, (t) => tryFault(t, on, fault));
}
