// Ten thousand units over a thousand simulated machines: how long the deciding takes.

import type { Decision } from '../../src/scheduler/decision.ts';
import { plan } from '../../src/scheduler/plan.ts';
import type { ClusterSnapshot } from '../../src/scheduler/snapshot.ts';
import { GB, machineRecord, snapshotOf, wantedUnit } from './picture.ts';

const INSTANCES = 10;

/** Units in groups of ten, every fifth group with limits, every tenth bound to half of the machines. */
export function manyUnits(units: number, machines: number): ClusterSnapshot {
  const names = Array.from({ length: units }, (_, n) => {
    const group = Math.floor(n / INSTANCES);
    return { group, name: `app-${spelled(group)}_v1.web.${(n % INSTANCES) + 1}.service` };
  });
  return {
    ...snapshotOf({}),
    machines: Array.from({ length: machines }, (_, n) =>
      machineRecord(`m${String(n).padStart(4, '0')}`, {
        memory: 16 * GB,
        metadata: { half: n % 2 === 0 ? 'even' : 'odd' },
      }),
    ),
    units: names.map(({ group, name }) =>
      wantedUnit(name, {
        ...(group % 5 === 0 ? { memory: GB / 2 } : {}),
        fleet: group % 10 === 3 ? ['MachineMetadata=half=even'] : [],
      }),
    ),
  };
}

const spelled = (n: number): string =>
  Array.from(String(n), (digit) => 'abcdefghij'[Number(digit)]).join('');

/** Decisions, and the time it took in ms. */
export function decide(snapshot: ClusterSnapshot): { decisions: Decision[]; ms: number } {
  const began = performance.now();
  const decisions = plan(snapshot);
  return { decisions, ms: performance.now() - began };
}
