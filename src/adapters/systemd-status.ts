// What systemd knows of single units and of itself, asked property by property: GetAll costs ten times as much.

import type { UnitActivity, UnitDetail } from '../ports/unit-manager.ts';
import type { SystemdBus } from './systemd-bus.ts';
import { activitiesOf, pathOfUnit } from './systemd-names.ts';
import { PROPERTIES, SYSTEMD } from './systemd-session.ts';

const UNKNOWN = { restarts: 0, exitCode: 0, mainPid: 0, result: '', text: '' };

/** Also of units that are not loaded: their load is `not-found` when there is no file either. */
export async function activitiesByName(
  bus: SystemdBus,
  names: string[],
  signal: AbortSignal,
): Promise<UnitActivity[]> {
  const call = { member: 'ListUnitsByNames', signature: 'as', body: [names] };
  return activitiesOf(await bus.call(call, signal));
}

export async function unitDetail(
  bus: SystemdBus,
  name: string,
  signal: AbortSignal,
): Promise<UnitDetail> {
  const [unit] = await activitiesByName(bus, [name], signal);
  const activity = unit ?? { name, load: 'not-found', active: 'inactive', sub: 'dead' };
  // Only services have these properties.
  if (activity.load === 'not-found' || !name.endsWith('.service')) {
    return { ...activity, ...UNKNOWN };
  }
  const [restarts, exitCode, mainPid, result, text] = await Promise.all(
    ['NRestarts', 'ExecMainStatus', 'MainPID', 'Result', 'StatusText'].map((property) =>
      busProperty(bus, pathOfUnit(name), `${SYSTEMD}.Service`, property, signal),
    ),
  );
  return {
    ...activity,
    restarts: Number(restarts),
    exitCode: Number(exitCode),
    mainPid: Number(mainPid),
    result: String(result),
    text: String(text),
  };
}

export async function busProperty(
  bus: SystemdBus,
  path: string,
  of: string,
  property: string,
  signal: AbortSignal,
): Promise<unknown> {
  const body = [of, property];
  const call = { path, interface: PROPERTIES, member: 'Get', signature: 'ss', body };
  const [variant] = (await bus.call(call, signal)) as [{ value: unknown }];
  return variant.value;
}
