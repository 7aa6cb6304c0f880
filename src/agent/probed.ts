// What is probed of a unit, and what probing needs.

import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Probe, ProbeTarget } from './probe.ts';
import type { Unit } from './unit.ts';
import { isUp } from './view.ts';

export interface ChecksOptions {
  machineIp: string;
  probe: Probe;
  clock: Clock;
  log: Log;
  /** The health of this unit has changed. */
  changed: (unit: Unit) => void;
}

type Asked = Pick<ProbeTarget, 'path'> & { command?: string[] };

/** What `asked` probes, and where; undefined while it does not run or its container's address is not known. */
export function targetOf(
  unit: Unit,
  machineIp: string,
  asked: Asked | undefined,
): ProbeTarget | undefined {
  const routed = unit.prepared?.routed;
  if (!asked || !isUp(unit.activity) || !unit.container?.running) return undefined;
  if (!routed) return asked.command && targetAt({ host: '', port: 0 }, unit, asked);
  const host = routed.network === 'host' ? machineIp : unit.container.ip;
  return host === '' ? undefined : targetAt({ host, port: routed.containerPort }, unit, asked);
}

/** What one of its checks asks, and where. */
export function targetAt(
  where: Pick<ProbeTarget, 'host' | 'port'>,
  { container }: Unit,
  { path, command }: Asked,
): ProbeTarget {
  const inside = command && container && { container: container.id, command };
  return { ...where, ...(path !== undefined && { path }), ...(inside && { inside }) };
}

/** Which run of its container: a new one is proven anew. */
export function lifeOf({ container }: Unit): string {
  return container ? `${container.id}@${container.startedAt}` : '';
}
