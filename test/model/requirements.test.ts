// [X-Fleet] and [X-Deis] as fleet's code reads them, oddities included.

import t from 'tap';
import { requirementProblems } from '../../src/model/requirement-problems.ts';
import {
  demandOf,
  expandSpecifiers,
  parseRequirements,
  splitQuoted,
} from '../../src/model/requirements.ts';
import type { UnitOption } from '../../src/model/unit.ts';

const fleet = (...lines: string[]): UnitOption[] =>
  lines.map((line) => {
    const [name, ...value] = line.split('=');
    return { section: 'X-Fleet', name: name!, value: value.join('=') };
  });

const READ: [title: string, lines: string[], expected: object][] = [
  ['only the first MachineID counts', ['MachineID=a', 'MachineID=b'], { machineId: 'a' }],
  [
    'old names of MachineID',
    ['X-ConditionMachineBootID=c', 'X-ConditionMachineID=b'],
    { machineId: 'b' },
  ],
  [
    'one MachineOf a line',
    ['MachineOf=a.service b.service'],
    { machineOf: ['a.service b.service'] },
  ],
  [
    'or several in quotes',
    ['MachineOf="a.service" "b.service"'],
    { machineOf: ['a.service', 'b.service'] },
  ],
  [
    'the old MachineOf is added',
    ['MachineOf=a', 'X-ConditionMachineOf=b'],
    { machineOf: ['b', 'a'] },
  ],
  ['Conflicts are words', ['Conflicts=a b', 'X-Conflicts=c'], { conflicts: ['c', 'a', 'b'] }],
  ['Replaces are not', ['Replaces=a b'], { replaces: ['a b'] }],
  ['the last Global wins', ['Global=true', 'Global=no'], { global: false }],
  ['Global is true in several words', ['Global=ON'], { global: true }],
  ['Global=T', ['Global=T'], { global: true }],
  ['Global=enabled is not true', ['Global=enabled'], { global: false }],
  [
    'specifiers',
    ['Conflicts=%p@*.service', 'MachineOf=side-%i.service'],
    {
      conflicts: ['app@*.service'],
      machineOf: ['side-7.service'],
    },
  ],
];

for (const [title, lines, expected] of READ) {
  void t.test(title, async (t) => {
    t.match(parseRequirements(fleet(...lines), 'app@7.service'), expected);
  });
}

void t.test('metadata: one key OR-ed, several keys AND-ed, malformed pairs dropped', async (t) => {
  const { metadata } = parseRequirements(
    fleet(
      'MachineMetadata="a=1" "a=2"',
      'MachineMetadata=b=3',
      'X-ConditionMachineMetadata=c=4',
      'MachineMetadata=k=a=b',
      'MachineMetadata=novalue=',
      'MachineMetadata==nokey',
      'MachineMetadata=word',
    ),
    'x.service',
  );
  t.strictSame(Object.fromEntries(metadata), { a: ['1', '2'], b: ['3'], c: ['4'] });
});

void t.test('quotes split values, and have no escapes', async (t) => {
  t.strictSame(splitQuoted('"a b" "c"'), ['a b', 'c']);
  t.strictSame(splitQuoted('a b'), ['a b']);
  t.strictSame(splitQuoted('"foo\\"bar"'), ['foo\\bar']);
  t.strictSame(splitQuoted('"a" b'), ['"a" b']);
  t.strictSame(splitQuoted(''), ['']);
});

void t.test('specifiers are replaced plainly, in a fixed order', async (t) => {
  t.equal(expandSpecifiers('%n %N %p %i', 'a@b@c.service'), 'a@b@c.service a@b@c a b@c');
  t.equal(expandSpecifiers('%p-%i', 'plain.service'), 'plain-');
  t.equal(expandSpecifiers('%%n %m %H', 'x.service'), '%x.service %m %H');
  t.equal(expandSpecifiers('%p', '$&.service'), '$&', 'nothing in a name is special');
});

void t.test('OnDisconnect and reservations', async (t) => {
  const options = [
    { section: 'X-Deis', name: 'OnDisconnect', value: 'stop' },
    { section: 'Service', name: 'MemoryMax', value: '512M' },
    { section: 'Service', name: 'CPUQuota', value: '150%' },
  ];
  const unit = {
    name: 'x.service',
    kind: 'foreign',
    desired: 'launched',
    options,
    restarts: 0,
  } as const;
  t.match(demandOf(unit), {
    name: 'x.service',
    onDisconnect: 'stop',
    reserved: { memory: 512 * 1024 ** 2, memoryShare: 0, cpus: 1.5 },
  });
});

const CONTRADICTIONS: [lines: string[], problems: string[]][] = [
  [['Conflicts=a'], []],
  [['MachineID=m', 'MachineOf=a'], ['MachineID cannot be used with Peers']],
  [['MachineID=m', 'Conflicts=a'], ['MachineID cannot be used with Conflicts']],
  [['MachineID=m', 'Global=true'], ['MachineID cannot be used with Global']],
  [['MachineID=m', 'Replaces=a'], ['MachineID cannot be used with Replaces']],
  [['Global=true', 'MachineOf=a'], ['Global cannot be used with Peers']],
  [['Global=true', 'Replaces=a'], ['Global cannot be used with Replaces']],
  [['Conflicts=a', 'Replaces=b'], ['Conflicts cannot be used with Replaces']],
  [
    ['MachineOf=a.service', 'Conflicts=a*'],
    ['unresolvable requirements: peer "a.service" matches conflict "a*"'],
  ],
  [
    ['MachineOf=a.service', 'Replaces=a*'],
    ['unresolvable requirements: peer "a.service" matches replace "a*"'],
  ],
  [['Global=true', 'Conflicts=a', 'MachineMetadata=a=b'], []],
];

for (const [lines, problems] of CONTRADICTIONS) {
  void t.test(`${lines.join(', ')}: ${problems.join(', ') || 'fine'}`, async (t) => {
    t.strictSame(requirementProblems(fleet(...lines)), problems);
  });
}

void t.test('OnDisconnect is stop or keep', async (t) => {
  const options = [{ section: 'X-Deis', name: 'OnDisconnect', value: 'maybe' }];
  t.strictSame(requirementProblems(options), ['OnDisconnect must be stop or keep, not "maybe"']);
});
