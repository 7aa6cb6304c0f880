// One case for each row of the table of constraints: a machine that passes, and one that does not, in words.

import t from 'tap';
import {
  CONSTRAINTS,
  eligible,
  evictionProblem,
  type MachineView,
  type Occupancy,
} from '../../src/model/constraints.ts';
import { type Demand, demandOf } from '../../src/model/requirements.ts';
import type { UnitOption } from '../../src/model/unit.ts';

const ready: MachineView = {
  id: '0123456789abcdef0123456789abcdef',
  name: 'm1',
  metadata: { ssd: 'yes' },
  capacity: { memory: 1024 ** 3, cpus: 2 },
  standing: 'ready',
  cordoned: false,
  draining: false,
};

function demand(name: string, ...lines: string[]): Demand {
  const options = lines.map((line): UnitOption => {
    const [option, ...value] = line.split('=');
    const section = option!.startsWith('Memory') ? 'Service' : 'X-Fleet';
    return { section, name: option!, value: value.join('=') };
  });
  return demandOf({ name, kind: 'foreign', desired: 'launched', options, restarts: 0 });
}

/** A machine on which these units are at home. */
function occupied(...units: Demand[]): Occupancy {
  const on = new Map(units.map((unit) => [unit.name, unit]));
  const picky = units.filter(({ conflicts, replaces }) => conflicts.length + replaces.length > 0);
  return {
    on: () => on,
    picky: () => new Map(picky.map((unit) => [unit.name, unit])),
    memory: () => units.reduce((sum, { reserved }) => sum + reserved.memory, 0),
    isHome: (unit) => on.has(unit),
  };
}

interface Case {
  row: string;
  demand: Demand;
  machine?: Partial<MachineView>;
  fine?: Partial<MachineView>;
  on?: Occupancy;
  fineOn?: Occupancy;
  says: string;
}

const plain = demand('a.service');
const CASES: Case[] = [
  {
    row: 'MachineID',
    demand: demand('a.service', 'MachineID=01234567'),
    machine: { id: 'ffffffffffffffffffffffffffffffff' },
    says: 'it asks for machine 01234567',
  },
  {
    row: 'MachineMetadata',
    demand: demand('a.service', 'MachineMetadata=ssd=yes'),
    machine: { metadata: { ssd: 'no' } },
    says: 'it asks for ssd=yes, the machine has ssd=no',
  },
  {
    row: 'MachineMetadata',
    demand: demand('a.service', 'MachineMetadata=constructor=x'),
    machine: { metadata: {} },
    fine: { metadata: { constructor: 'x' } as unknown as Record<string, string> },
    says: 'it asks for constructor=x, the machine has no constructor',
  },
  {
    row: 'Formation',
    demand: { ...plain, home: { formation: 'shop', plane: 'runtime' } },
    machine: { metadata: {} },
    fine: { metadata: { formation: 'shop' } },
    says: 'it belongs to formation shop, the machine to default',
  },
  { row: 'Lost', demand: plain, machine: { standing: 'lost' }, says: 'the machine is lost' },
  {
    row: 'Draining',
    demand: plain,
    machine: { draining: true },
    says: 'the machine is being drained',
  },
  {
    row: 'Heartbeat',
    demand: plain,
    machine: { standing: 'suspect' },
    says: "the machine's heartbeat is missing",
  },
  { row: 'Cordoned', demand: plain, machine: { cordoned: true }, says: 'the machine is cordoned' },
  {
    row: 'MachineOf',
    demand: demand('a.service', 'MachineOf=b.service'),
    fineOn: occupied(demand('b.service')),
    says: 'its peer b.service is not there',
  },
  {
    row: 'Conflicts',
    demand: demand('a.service', 'Conflicts=b*.service'),
    on: occupied(demand('b1.service')),
    fineOn: occupied(demand('a.service', 'Conflicts=*')),
    says: 'it conflicts with b1.service',
  },
  {
    row: 'Conflicts',
    demand: plain,
    on: occupied(demand('b.service', 'Conflicts=a.service')),
    fineOn: occupied(demand('b.service', 'Conflicts=[a.service')),
    says: 'b.service conflicts with it',
  },
  {
    row: 'Replaces',
    demand: plain,
    on: occupied(demand('b.service', 'Replaces=a.service')),
    says: 'b.service replaces it there',
  },
  {
    row: 'Memory',
    demand: demand('a.service', 'MemoryMax=600M'),
    on: occupied(demand('b.service', 'MemoryMax=512M')),
    fineOn: occupied(demand('b.service', 'MemoryMax=400M')),
    says: 'it reserves 600M of memory, 512M are free',
  },
];

for (const {
  row,
  demand: wanted,
  machine = {},
  fine = {},
  on = occupied(),
  fineOn = occupied(),
  says,
} of CASES) {
  void t.test(`${row}: ${says}`, async (t) => {
    const constraint = CONSTRAINTS.find(({ name }) => name === row)!;
    t.equal(constraint.problem(wanted, { ...ready, ...fine }, fineOn), undefined);
    t.equal(constraint.problem(wanted, { ...ready, ...machine }, on), says);
  });
}

void t.test('every row has a case', async (t) => {
  t.strictSame(
    [...new Set(CASES.map(({ row }) => row))],
    CONSTRAINTS.map(({ name }) => name),
  );
});

void t.test('two that replace each other are no problem, and a unit none for itself', async (t) => {
  const rows = CONSTRAINTS.filter(({ name }) => name === 'Replaces' || name === 'Memory');
  const both = demand('a.service', 'Replaces=b.service', 'MemoryMax=900M');
  const on = occupied(both, demand('b.service', 'Replaces=a.service'));
  for (const row of rows) t.equal(row.problem(both, ready, on), undefined);
});

void t.test('the first problem of each machine is told', async (t) => {
  const machines = [ready, { ...ready, name: 'm2', cordoned: true, draining: true }];
  t.strictSame(
    eligible(plain, machines, occupied()).map(({ machine, problem }) => [machine.name, problem]),
    [
      ['m1', undefined],
      ['m2', 'the machine is being drained'],
    ],
  );
});

void t.test('what only bars newcomers drives nobody away, and a drain is told last', async (t) => {
  const pinned = demand('a.service', 'MachineMetadata=ssd=no');
  const global = demand('g.service', 'Global=yes');
  const word = (unit: Demand, machine: Partial<MachineView>) =>
    evictionProblem(unit, { ...ready, ...machine }, occupied())?.constraint;
  t.equal(word(plain, { cordoned: true, standing: 'suspect' }), undefined);
  t.equal(word(plain, { draining: true }), 'Draining');
  t.equal(word(pinned, { draining: true }), 'MachineMetadata');
  t.equal(word(global, { draining: true, standing: 'lost' }), undefined);
});
