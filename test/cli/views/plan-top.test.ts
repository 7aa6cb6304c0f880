// What `deisctl plan` and `deisctl top` show.

import t from 'tap';
import { planLines, planRows } from '../../../src/cli/views/plan.ts';
import { top, topLines } from '../../../src/cli/views/top.ts';
import { imagine } from '../../../src/cli/planning/next-decisions.ts';
import type { ClusterSnapshot } from '../../../src/scheduler/snapshot.ts';
import { plan } from '../../../src/scheduler/plan.ts';
import { machine, unitState, wantedUnit } from '../records.ts';

const ROUTER = 'deis-router@1.service';

/** Two machines, a router on the first. */
function snapshot(): ClusterSnapshot {
  const record = (number: number) => ({
    id: machine(number).id,
    machine: machine(number),
    alive: true,
    verdict: { kind: 'ready' as const },
    orders: { cordon: false, drain: false },
  });
  const value = {
    want: 'run' as const,
    revision: 1,
    kind: 'platform' as const,
    retiring: false,
    reason: '',
  };
  return {
    now: '2026-11-22T00:00:00Z',
    units: [{ value: wantedUnit(ROUTER), revision: 1 }],
    machines: [record(1), record(2)],
    placements: [{ machine: machine(1).id, unit: ROUTER, value, revision: 2 }],
    states: [{ machine: machine(1).id, unit: ROUTER, value: unitState({ revision: 1 }) }],
    services: [],
    routers: [],
    unschedulable: [],
    status: [],
    refused: 0,
  };
}

const NAMES = new Map([1, 2].map((number) => [machine(number).id, machine(number).name]));
const would = (whatIf: Parameters<typeof imagine>[1]) =>
  planRows(plan(imagine(snapshot(), whatIf)), NAMES);

void t.test('nothing to do, and what a drain or a loss would bring', async (t) => {
  t.strictSame(planLines(would({})), ['Nothing to do: every unit is where it is wanted.']);
  t.match(would({ drained: machine(1).id }), [{ does: 'move', unit: ROUTER, machine: 'deis-2' }]);
  const lost = would({ lost: machine(1).id });
  t.match(lost[0], { does: 'declare lost', machine: 'deis-1', reason: /imagined/ });
  t.ok(lost.some(({ unit, machine: to }) => unit === ROUTER && to === 'deis-2'));
  t.match(would({ rebalance: true }), [{ does: 'report', reason: /spread evenly/ }]);
  t.match(planLines(lost)[0], /^DOES +UNIT +MACHINE +REASON$/);
});

void t.test('per cent of a processor between two looks; silent machines say why', async (t) => {
  const load = (cpu: number) => ({
    average: [0.5, 1, 1.5] as [number, number, number],
    cpus: 2,
    memory: { total: 4e9, available: 1e9 },
    uptime: 90_061,
    units: { [ROUTER]: { cpu, memory: 5e7 } },
  });
  const rows = [1, 2].map((number) => ({ ...machine(number), state: 'ready' as const }));
  const row = { ip: '', load: 'loaded', active: 'active', sub: 'running' };
  const units = [
    { unit: 'idle.service', machine: 'deis-2', ...row },
    { unit: ROUTER, machine: 'deis-1', ...row },
  ];
  const view = top({
    machines: rows,
    units,
    before: new Map([[machine(1).id, { at: 1000, load: load(100) }]]),
    loads: new Map([
      [machine(1).id, { at: 2000, load: load(350) }],
      [machine(2).id, { problem: 'it took too long' }],
    ]),
  });
  t.match(view.units[0], { unit: ROUTER, cpu: 25, memory: 5e7 }, 'the busiest first');
  t.match(view.units[1], { cpu: null, memory: null });
  const lines = topLines(view, Infinity);
  t.strictSame(lines.slice(0, 3), [
    'MACHINE  STATE  LOAD            CPUS  MEMORY            UP',
    'deis-1   ready  0.50 1.00 1.50  2     3.0 GB of 4.0 GB  1 d 1 h',
    'deis-2   ready  -               -     -                 it took too long',
  ]);
  t.match(lines[5], /^deis-router@1\.service +deis-1 +active\/running +25\.0 % +50\.0 MB$/);
  t.match(topLines({ ...view, units: Array(9).fill(view.units[0]) }, 10).at(-1), 'and 5 more');
});
