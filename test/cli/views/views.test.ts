// The lists of deisctl as text and as data.

import t from 'tap';
import { findMachine, machineRows, machineTable } from '../../../src/cli/views/machines.ts';
import { findUnit } from '../../../src/cli/views/unit-name.ts';
import { unitRows, unitTable } from '../../../src/cli/views/units.ts';
import { whyText } from '../../../src/cli/views/why.ts';
import { machine, unitState, wantedUnit } from '../records.ts';

const MACHINES = [
  machine(10),
  machine(2, { metadata: { zone: 'b', disk: 'ssd' } }),
  machine(1),
  machine(3),
  machine(4),
];
const [, second, first] = MACHINES;
const id = (number: number): string => machine(number).id;

void t.test('machines: in order, with their state', async (t) => {
  const alive = { session: 's', since: 'x' };
  const rows = machineRows({
    machines: MACHINES,
    alive: new Map([1, 2, 10, 4].map((number) => [id(number), alive])),
    lost: new Map([[id(4), { since: 'x', reason: 'silent' }]]),
    orders: new Map([
      [id(2), { cordon: true, drain: true }],
      [id(10), { cordon: true, drain: false }],
    ]),
  });
  t.strictSame(
    rows.map(({ name, state }) => `${name} ${state}`),
    ['deis-1 ready', 'deis-2 draining', 'deis-3 silent', 'deis-4 lost', 'deis-10 cordoned'],
  );
  t.strictSame(rows[1], {
    id: id(2),
    name: 'deis-2',
    ip: '10.77.0.12',
    metadata: { zone: 'b', disk: 'ssd' },
    state: 'draining',
  });
  t.strictSame(machineTable(rows.slice(0, 2)), [
    'MACHINE      IP          METADATA         NAME    STATE',
    '11111111...  10.77.0.11  -                deis-1  ready',
    '22222222...  10.77.0.12  disk=ssd,zone=b  deis-2  draining',
  ]);
});

void t.test('a machine is found by name, address, id, or the beginning of its id', async (t) => {
  for (const word of ['deis-2', '10.77.0.12', id(2), '22222222', '22222222...']) {
    t.match(findMachine(word, MACHINES), { name: 'deis-2' }, word);
  }
  t.match(findMachine('deis-9', MACHINES), { problem: /no machine "deis-9".*deis-1/ });
  t.match(findMachine('22', MACHINES), { problem: /no machine/ }, 'too short to be sure');
  t.match(findMachine('1010', [machine(1, { id: '1010a' }), machine(2, { id: '1010b' })]), {
    problem: /several/,
  });
});

const STATES = [
  { machine: id(2), unit: 'deis-router@10.service', state: unitState() },
  {
    machine: id(1),
    unit: 'deis-router@2.service',
    state: unitState({ active: 'failed', sub: 'failed' }),
  },
  { machine: id(1), unit: 'hello_v2.web.1.service', state: unitState() },
  { machine: 'f'.repeat(32), unit: 'deis-router@1.service', state: unitState() },
];

void t.test('units: what is wanted and where it is', async (t) => {
  const wanted = [
    wantedUnit('deis-router@1.service'),
    wantedUnit('deis-router@2.service'),
    wantedUnit('deis-router@10.service'),
    wantedUnit('deis-controller@1.service', { desired: 'loaded' }),
    wantedUnit('deis-registry@1.service', { desired: 'gone' }),
  ];
  const known = [first!, second!];
  const rows = unitRows({ wanted, states: STATES, machines: known, all: false });
  t.strictSame(unitTable(rows, known), [
    'UNIT                       MACHINE                           LOAD    ACTIVE  SUB',
    'deis-controller@1.service  -                                 -       -       -',
    `deis-router@1.service      ${'f'.repeat(32)}  loaded  active  running`,
    'deis-router@2.service      11111111.../10.77.0.11            loaded  failed  failed',
    'deis-router@10.service     22222222.../10.77.0.12            loaded  active  running',
  ]);
  t.strictSame(rows.at(-1), {
    unit: 'deis-router@10.service',
    machine: 'deis-2',
    ip: '10.77.0.12',
    load: 'loaded',
    active: 'active',
    sub: 'running',
  });
  const all = unitRows({ wanted, states: STATES, machines: known, all: true });
  t.strictSame(
    all.map(({ unit }) => unit).filter((unit) => unit.startsWith('hello')),
    ['hello_v2.web.1.service'],
    'all: units of apps too',
  );
});

void t.test('a unit is found by the short forms people use', async (t) => {
  const known = [
    'deis-router@1.service',
    'deis-router@2.service',
    'deis-controller@1.service',
    'hello_v2.web.1.service',
    'redis.service',
  ];
  const cases: Record<string, string> = {
    'router@1': 'deis-router@1.service',
    'deis-router@2.service': 'deis-router@2.service',
    controller: 'deis-controller@1.service',
    'hello_v2.web.1': 'hello_v2.web.1.service',
    redis: 'redis.service',
  };
  for (const [word, unit] of Object.entries(cases)) t.strictSame(findUnit(word, known), { unit });
  t.match(findUnit('router', known), { problem: /several/, hint: /router@1, router@2/ });
  t.match(findUnit('ruoter@1', known), { problem: /no unit/, hint: /Did you mean "router@1"/ });
  t.match(findUnit('zzzzzz', known), { hint: /deisctl list --all/ });
});

void t.test('why: decisions, reports, refusals', async (t) => {
  const placed = whyText({
    unit: 'deis-router@1.service',
    wanted: wantedUnit('deis-router@1.service'),
    placements: new Map([
      [
        'deis-1',
        { want: 'run', revision: 3, kind: 'platform', retiring: true, reason: 'fewest units' },
      ],
    ]),
    states: new Map([
      ['deis-1', unitState({ message: 'nginx -t refused', health: 'unhealthy', crashes: 2 })],
    ]),
    unschedulable: undefined,
  });
  t.strictSame(placed, [
    'deis-router@1.service',
    '  wanted: started',
    '  deis-1 is to have it: fewest units',
    '    its replacement is being started elsewhere',
    '  deis-1 reports: active/running (running, unhealthy)',
    '    nginx -t refused',
    '    restarted by itself 2 times',
  ]);
  const nowhere = whyText({
    unit: 'x.service',
    wanted: wantedUnit('x.service'),
    placements: new Map(),
    states: new Map(),
    unschedulable: {
      reason: 'no machine fits',
      machines: { 'deis-1': 'conflicts with y.service' },
    },
  });
  t.strictSame(nowhere.slice(2), [
    '  it runs nowhere: no machine fits',
    '    deis-1: conflicts with y.service',
  ]);
  const nobody = whyText({
    unit: 'x.service',
    wanted: undefined,
    placements: new Map(),
    states: new Map([['deis-1', unitState({ phase: 'orphan' })]]),
    unschedulable: undefined,
  });
  t.match(nobody[1], /by nobody/);
});
