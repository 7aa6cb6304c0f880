// Faults of routers, images, domains and apps, all of them for real: `deisctl doctor` names each and prints what mends it.

import t from 'tap';
import { tryFault } from '../doctor/doctor.ts';
import { ROUTE_FAULTS } from '../doctor/faults-of-routes.ts';
import { deployHello, platform } from '../platform.ts';

const on = await platform();
await deployHello(on, 'hello', { web: 3 });

const only = process.env['DEIS_DOCTOR_FAULT'];
for (const fault of ROUTE_FAULTS.filter(
  ({ name }) => only === undefined || new RegExp(only).test(name),
)) {
  t.test(fault.name, { timeout: 420_000 }, (t) => tryFault(t, on, fault));
}
