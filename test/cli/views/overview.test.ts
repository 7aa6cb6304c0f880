// deisctl status: what needs a person's attention, and nothing else.

import t from 'tap';
import { type OverviewRecords, overview, overviewText } from '../../../src/cli/views/overview.ts';
import { machineRows } from '../../../src/cli/views/machines.ts';
import type { Lost, Machine } from '../../../src/model/cluster.ts';
import { machine, unitState, wantedUnit } from '../records.ts';

interface Picture {
  machines?: Machine[];
  silent?: number[];
  lost?: Record<string, Lost>;
}

function records({ machines, silent = [], lost = {} }: Picture = {}): OverviewRecords {
  const known = machines ?? [machine(1), machine(2)];
  const alive = known.filter((_, index) => !silent.includes(index + 1));
  const lostById = new Map(Object.entries(lost));
  return {
    machines: machineRows({
      machines: known,
      alive: new Map(alive.map(({ id }) => [id, { session: 's', since: 'x' }])),
      lost: lostById,
      orders: new Map(),
    }),
    records: new Map(known.map((one) => [one.id, one])),
    lost: lostById,
    leader: machine(1).id,
    wanted: [
      wantedUnit('deis-router@1.service'),
      wantedUnit('deis-registry@1.service', { desired: 'loaded' }),
      wantedUnit('hello_v2.web.1.service', { kind: 'app' }),
    ],
    states: [
      { machine: machine(1).id, unit: 'deis-router@1.service', state: unitState() },
      {
        machine: machine(2).id,
        unit: 'hello_v2.web.1.service',
        state: unitState({ health: 'healthy' }),
      },
    ],
    unschedulable: new Map(),
    scheduler: new Map(),
    routers: new Map(),
    malformed: [],
  };
}

const turnOf = ({ id, name, bootId }: Machine) => ({
  machine: id,
  name,
  bootId,
  by: 'operator' as const,
  since: 'noon',
});

void t.test('a machine that reboots now needs nobody', async (t) => {
  const silent = overview({ ...records({ silent: [2] }), turn: turnOf(machine(2)) });
  t.notOk(silent.problems.some((text) => text.includes('turn')));
});

void t.test('all is well', async (t) => {
  const view = overview(records());
  t.strictSame(view, {
    machines: { ready: 2 },
    leader: 'deis-1',
    platform: { running: 1, wanted: 1 },
    apps: { running: 1, wanted: 1 },
    submitted: { running: 0, wanted: 0 },
    problems: [],
  });
  t.strictSame(overviewText(view, undefined), [
    'Machines   2 ready',
    'Scheduler  led by deis-1',
    'Platform   1 of 1 running',
    'Apps       1 of 1 running',
    '',
    'Nothing needs attention.',
  ]);
});

const CASES: [string, () => OverviewRecords, RegExp][] = [
  ['silent', () => records({ silent: [2] }), /^machine deis-2 is silent/],
  [
    'lost',
    () =>
      records({ lost: { [machine(2).id]: { since: 'noon', reason: 'no heartbeat for 13 s' } } }),
    /^machine deis-2 is lost since noon: no heartbeat for 13 s$/,
  ],
  [
    'a wiped store',
    () => records({ machines: [machine(1, { storeProblem: 'this is another store' })] }),
    /^machine deis-1 does not obey the store: this is another store; its units go on running$/,
  ],
  ['an empty store', () => records({ machines: [] }), /^no machine has registered/],
  ['no leader', () => ({ ...records(), leader: undefined }), /no leader now/],
  [
    'the brake',
    () => ({
      ...records(),
      scheduler: new Map([['brake', { text: 'two of three silent', since: 'x' }]]),
    }),
    /^scheduler, brake: two of three silent$/,
  ],
  [
    'nowhere to run',
    () => ({
      ...records(),
      unschedulable: new Map([['x.service', { reason: 'no memory', machines: {} }]]),
    }),
    /^x\.service runs nowhere: no memory \(deisctl why x\.service\)$/,
  ],
  [
    'failed',
    () => ({
      ...records(),
      states: [
        {
          machine: machine(1).id,
          unit: 'x.service',
          state: unitState({ phase: 'failed', message: 'exit 3' }),
        },
      ],
    }),
    /^x\.service failed on deis-1: exit 3$/,
  ],
  [
    'orphans',
    () => ({
      ...records(),
      states: [
        { machine: machine(1).id, unit: 'x.service', state: unitState({ phase: 'orphan' }) },
      ],
    }),
    /nothing in the store asks for them: x\.service on deis-1$/,
  ],
  [
    'a refused app',
    () => ({
      ...records(),
      routers: new Map([
        [machine(2).id, { endpoints: 1, files: 1, refused: { blog: 'bad certificate' }, busy: {} }],
      ]),
    }),
    /^the router on deis-2 left out a change of blog: bad certificate$/,
  ],
  [
    'a machine that does not come back from its reboot',
    () => ({
      ...records({ lost: { [machine(2).id]: { since: 'noon', reason: 'silent' } } }),
      turn: turnOf(machine(2)),
    }),
    /^deis-2 has the turn to reboot since noon and is gone: .*deisctl reboot --release/,
  ],
  [
    'a bad record',
    () => ({ ...records(), malformed: ['the value of /x is not JSON'] }),
    /not JSON/,
  ],
];

for (const [name, given, problem] of CASES) {
  void t.test(`needs attention: ${name}`, async (t) => {
    const view = overview(given());
    t.ok(
      view.problems.some((text) => problem.test(text)),
      view.problems.join(' | '),
    );
    t.match(overviewText(view, 3).join('\n'), /3 of old leaders refused[\s\S]*Needs attention:/);
  });
}
