// fleet's options as the plan honours them: Global, MachineOf, Conflicts, Replaces, MachineID.

import { type Case, planCases } from './plan-cases.ts';

const wanted = 'it is wanted and runs nowhere';
const everywhere = 'it is wanted on every machine that matches';

const CASES: Case[] = [
  {
    title:
      'Conflicts on every instance spreads them one a machine, and the fourth of three is refused',
    given: {
      units: Object.fromEntries(
        [1, 2, 3, 4].map((n) => [`a@${n}.service`, { fleet: ['Conflicts=a@*.service'] }]),
      ),
    },
    says: [
      `place a@1.service m1: ${wanted}`,
      `place a@2.service m2: ${wanted}`,
      `place a@3.service m3: ${wanted}`,
      'refuse a@4.service: no machine may run it: it conflicts with a@1.service (1 of 3); it conflicts with a@2.service (1 of 3); it conflicts with a@3.service (1 of 3)',
    ],
  },
  {
    title: 'a conflict counts until the other has really stopped',
    given: {
      machines: { m1: {} },
      units: {
        'a.service': { desired: 'inactive' },
        'b.service': { fleet: ['Conflicts=a.service'] },
      },
      placements: { 'a.service m1': { want: 'stop' } },
      states: { 'a.service m1': { phase: 'stopping' } },
    },
    says: ['refuse b.service: no machine may run it: it conflicts with a.service (1 of 1)'],
  },
  {
    title: 'MachineID by its first eight characters',
    given: {
      machines: { '0123456789abcdef': {}, aaaaaaaabbbb: {} },
      units: { 'a.service': { fleet: ['MachineID=aaaaaaaa'] } },
    },
    says: [`place a.service aaaaaaaabbbb: ${wanted}`],
  },
  {
    title: 'MachineOf follows its peer, which is placed where both fit',
    given: {
      machines: { m1: {}, m2: { metadata: { disk: 'big' } } },
      units: {
        'a-side.service': { fleet: ['MachineOf=main.service', 'MachineMetadata=disk=big'] },
        'main.service': {},
      },
    },
    says: [`place main.service m2: ${wanted}`, `place a-side.service m2: ${wanted}`],
  },
  {
    title: 'a follower that fits nowhere does not keep its peer from running',
    given: {
      machines: { m1: {} },
      units: {
        'main.service': {},
        'side.service': { fleet: ['MachineOf=main.service', 'MachineMetadata=disk=big'] },
      },
    },
    says: [
      `place main.service m1: ${wanted}`,
      'refuse side.service: no machine may run it: it asks for disk=big, the machine has no disk (1 of 1)',
    ],
  },
  {
    title: 'two peers of one follower end up together',
    given: {
      units: {
        'a.service': {},
        'b.service': {},
        'c.service': { fleet: ['MachineOf=a.service', 'MachineOf=b.service'] },
      },
    },
    says: [
      `place a.service m1: ${wanted}`,
      `place b.service m1: ${wanted}`,
      `place c.service m1: ${wanted}`,
    ],
  },
  {
    title: 'when the peer moves, the follower goes with it',
    given: {
      machines: { m1: { drain: true }, m2: {} },
      units: { 'a.service': {}, 'b.service': { fleet: ['MachineOf=a.service'] } },
      placements: { 'a.service m1': {}, 'b.service m1': {} },
      states: { 'a.service m1': {}, 'b.service m1': {} },
    },
    says: [
      'move a.service m2: the machine is being drained: m2 takes over from m1',
      'move b.service m2: its peer a.service is not there: m2 takes over from m1',
    ],
  },
  {
    title: 'when the peer is made inactive, the follower stops',
    given: {
      units: {
        'a.service': { desired: 'inactive' },
        'b.service': { fleet: ['MachineOf=a.service'] },
      },
      placements: { 'a.service m1': { want: 'stop' }, 'b.service m1': {} },
      states: { 'a.service m1': {}, 'b.service m1': {} },
    },
    says: ['stop b.service m1: its peer a.service is not there'],
  },
  {
    title: "when the peer's record is missing, the follower stays",
    given: {
      units: { 'b.service': { fleet: ['MachineOf=a.service'] } },
      placements: { 'b.service m1': {} },
      states: { 'b.service m1': {} },
    },
    says: ['report: stuck: b.service cannot leave m1: its peer a.service is not there'],
  },
  {
    title: 'a circle of MachineOf is refused by name, and so is who follows it',
    given: {
      units: {
        'a.service': { fleet: ['MachineOf=b.service'] },
        'b.service': { fleet: ['MachineOf=a.service'] },
        'c.service': { fleet: ['MachineOf=a.service'] },
      },
    },
    says: [
      'refuse a.service: MachineOf goes round in a circle: a.service → b.service → a.service',
      'refuse b.service: MachineOf goes round in a circle: a.service → b.service → a.service',
      'refuse c.service: MachineOf goes round in a circle: a.service → b.service → a.service',
    ],
  },
  {
    title: 'Replaces sends the other away, to a machine that suits it',
    given: {
      machines: { m1: {}, m2: {}, m3: { metadata: { ssd: 'yes' } } },
      units: {
        'new.service': { fleet: ['Replaces=old*.service', 'MachineMetadata=x=y'] },
        'old.service': { fleet: ['MachineMetadata=ssd=yes'] },
        'old2.service': {},
      },
      placements: { 'new.service m3': {}, 'old.service m3': {}, 'old2.service m3': {} },
      states: { 'new.service m3': {}, 'old.service m3': {}, 'old2.service m3': {} },
    },
    says: [
      'move old2.service m1: new.service replaces it there: m1 takes over from m3',
      'report: stuck: new.service cannot leave m3: it asks for x=y, the machine has no x; old.service cannot leave m3: new.service replaces it there',
    ],
  },
  {
    title: 'two that replace each other are left in peace',
    given: {
      units: {
        'a.service': { fleet: ['Replaces=b.service'] },
        'b.service': { fleet: ['Replaces=a.service'] },
      },
      placements: { 'a.service m1': {}, 'b.service m1': {} },
      states: { 'a.service m1': {}, 'b.service m1': {} },
    },
    says: [],
  },
  {
    title: 'a global unit runs on every machine that matches',
    given: {
      machines: {
        m1: { metadata: { role: 'x' } },
        m2: {},
        m3: { metadata: { role: 'x' } },
        m4: { metadata: { role: 'x' }, cordon: true },
      },
      units: { 'g.service': { fleet: ['Global=true', 'MachineMetadata=role=x'] } },
    },
    says: [`place g.service m1: ${everywhere}`, `place g.service m3: ${everywhere}`],
  },
  {
    title:
      'a global unit stays on a draining and on a lost machine, and leaves one that no longer matches',
    given: {
      machines: { m1: { drain: true }, m2: { lost: true }, m3: { metadata: { role: 'y' } } },
      units: {
        'g.service': { fleet: ['Global=true', 'MachineMetadata=role=x'] },
        'h.service': { fleet: ['Global=1'] },
      },
      placements: {
        'g.service m3': {},
        'h.service m1': {},
        'h.service m2': {},
        'h.service m3': {},
      },
      states: { 'g.service m3': {}, 'h.service m1': {}, 'h.service m3': {} },
    },
    says: ['stop g.service m3: it asks for role=x, the machine has role=y'],
  },
];

planCases(CASES);
