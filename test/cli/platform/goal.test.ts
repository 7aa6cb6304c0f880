// When a unit is where it was wanted.

import t from 'tap';
import { type Goal, type UnitFacts, judge } from '../../../src/cli/platform/goal.ts';
import type { Placement } from '../../../src/model/cluster.ts';
import { unitState } from '../records.ts';
import type { UnitState } from '../../../src/model/unit.ts';

interface Here {
  want?: Placement['want'];
  state?: Partial<UnitState>;
}

function facts(machines: Record<string, Here>, unschedulable?: string): UnitFacts {
  const entries = Object.entries(machines);
  return {
    names: new Map([['m2', 'deis-2']]),
    placements: new Map(
      entries.flatMap(([id, { want }]) => (want ? [[id, { want }] as const] : [])),
    ),
    states: new Map(
      entries.flatMap(([id, { state }]) => (state ? [[id, unitState(state)] as const] : [])),
    ),
    ...(unschedulable === undefined
      ? {}
      : { unschedulable: { reason: unschedulable, machines: {} } }),
  };
}

const unit = 'deis-router@1.service';
const run: Goal = { kind: 'running', unit, revision: 7, restarts: 1 };
const load: Goal = { kind: 'loaded', unit, revision: 7 };
const dead: Goal = { kind: 'dead', unit, revision: 7 };
const gone: Goal = { kind: 'gone', unit };
const stopped = { active: 'inactive', sub: 'dead', phase: 'stopped' } as const;
const up = { revision: 7, restarts: 1 };

const holding: Partial<UnitState> = {
  phase: 'draining',
  drain: { waitingFor: ['a'], deadline: 0 },
};

const CASES: [string, Goal, UnitFacts, string, string][] = [
  [
    'waits for its clients',
    gone,
    facts({ a: { want: 'gone', state: holding } }),
    'held',
    'active/running',
  ],
  [
    'to be stopped it does so too',
    dead,
    facts({ a: { want: 'run', state: holding } }),
    'held',
    'active/running',
  ],
  [
    'waits for another router',
    gone,
    facts({
      a: { want: 'gone', state: { ...holding, drain: { waitingFor: ['a', 'm2'], deadline: 0 } } },
    }),
    'waiting',
    'active/running',
  ],
  [
    'a registry waits for routers',
    { kind: 'gone', unit: 'deis-registry@1.service' },
    facts({ a: { want: 'gone', state: holding } }),
    'waiting',
    'active/running',
  ],
  ['nothing known', run, facts({}), 'waiting', ''],
  ['nowhere to go', run, facts({}, 'no memory'), 'refused', ''],
  ['running', run, facts({ a: { want: 'run', state: up } }), 'reached', 'active/running'],
  [
    'an older one runs',
    run,
    facts({ a: { want: 'run', state: { ...up, revision: 6 } } }),
    'waiting',
    'active/running',
  ],
  [
    'not restarted yet',
    run,
    facts({ a: { want: 'run', state: { ...up, restarts: 0 } } }),
    'waiting',
    'active/running',
  ],
  [
    'not healthy yet',
    run,
    facts({ a: { want: 'run', state: { ...up, health: 'unknown' } } }),
    'waiting',
    'active/running',
  ],
  [
    'starting',
    run,
    facts({
      a: { want: 'run', state: { ...up, active: 'activating', sub: 'start', phase: 'starting' } },
    }),
    'waiting',
    'activating/start',
  ],
  [
    'failed',
    run,
    facts({
      a: {
        want: 'run',
        state: { ...up, active: 'failed', sub: 'failed', phase: 'failed', message: 'exit 3' },
      },
    }),
    'failed',
    'failed/failed',
  ],
  [
    'an older one failed',
    run,
    facts({
      a: { want: 'run', state: { revision: 6, active: 'failed', sub: 'failed', phase: 'failed' } },
    }),
    'waiting',
    'failed/failed',
  ],
  [
    'moving: the old place does not count',
    run,
    facts({
      a: { want: 'stop', state: up },
      b: { want: 'run', state: { ...up, ...stopped, phase: 'starting' } },
    }),
    'waiting',
    'inactive/dead',
  ],
  ['only on a machine it leaves', run, facts({ a: { want: 'gone', state: up } }), 'waiting', ''],
  [
    'global: one of two runs',
    run,
    facts({
      a: { want: 'run', state: up },
      b: { want: 'run', state: { ...up, active: 'activating', sub: 'start', phase: 'starting' } },
    }),
    'waiting',
    'activating/start',
  ],
  [
    'loaded',
    load,
    facts({ a: { want: 'stop', state: { ...stopped, revision: 7 } } }),
    'reached',
    'loaded',
  ],
  [
    'not loaded yet',
    load,
    facts({ a: { want: 'stop', state: { load: 'not-found', revision: 7 } } }),
    'waiting',
    '',
  ],
  [
    'does not load',
    load,
    facts({
      a: { want: 'stop', state: { load: 'bad-setting', phase: 'failed', message: 'no ExecStart' } },
    }),
    'failed',
    'active/running',
  ],
  [
    'stopped',
    dead,
    facts({ a: { want: 'stop', state: { ...stopped, revision: 7 } } }),
    'reached',
    'inactive/dead',
  ],
  [
    'stops still',
    dead,
    facts({
      a: { want: 'stop', state: { revision: 7, active: 'deactivating', sub: 'stop-sigterm' } },
    }),
    'waiting',
    'deactivating/stop-sigterm',
  ],
  [
    'stopped before, the order not seen yet',
    dead,
    facts({ a: { want: 'stop', state: { ...stopped, revision: 6 } } }),
    'waiting',
    'inactive/dead',
  ],
  ['never ran', dead, facts({}), 'reached', 'inactive/dead'],
  ['gone', gone, facts({}), 'reached', 'destroyed'],
  ['a placement is left', gone, facts({ a: { want: 'gone' } }), 'waiting', ''],
  ['a state is left', gone, facts({ a: { state: { ...stopped } } }), 'waiting', 'inactive/dead'],
];

for (const [name, goal, given, verdict, shown] of CASES) {
  void t.test(`${goal.kind}: ${name}`, async (t) => {
    const judgement = judge(goal, given);
    t.match(judgement, { verdict, shown });
  });
}

void t.test('reasons come along', async (t) => {
  t.equal(judge(run, facts({}, 'no memory')).reason, 'no memory');
  const waiting = {
    active: 'activating',
    sub: 'start',
    phase: 'pulling',
    message: 'pulling',
  } as const;
  t.equal(
    judge(run, facts({ a: { want: 'run', state: { ...up, ...waiting } } })).reason,
    'pulling',
  );
  const drain = { waitingFor: ['m2'], deadline: 0 };
  const draining = { a: { want: 'stop' as const, state: { drain } } };
  t.match(judge(dead, facts(draining)).reason, /waiting for routers on deis-2/);
});
