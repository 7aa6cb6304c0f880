// Moving units: drains, broken constraints, hand-overs, and what may never be without a replacement.

import { type Case, planCases } from './plan-cases.ts';

const web = 'blog_v1.web.1.service';
const drained = { machines: { m1: { drain: true }, m2: {}, m3: {} } };
const healthy = { health: 'healthy' } as const;
const waiting = { phase: 'starting', active: 'activating' } as const;

const apart = { fleet: ['Conflicts=deis-router@*.service'] };
const routers = {
  units: { 'deis-router@1.service': apart, 'deis-router@2.service': apart },
  placements: { 'deis-router@1.service m1': {}, 'deis-router@2.service m2': {} },
};
const bothServe = { 'deis-router@1.service m1': {}, 'deis-router@2.service m2': {} };
const noRoom =
  'the machine is being drained, no other may run it, and deis-router@2.service serves';

const CASES: Case[] = [
  {
    title: 'an instance with nowhere to go stops when its machine is drained and another serves',
    given: { machines: { m1: { drain: true }, m2: {} }, ...routers, states: bothServe },
    says: [`stop deis-router@1.service m1: ${noRoom}`],
    placements: ['deis-router@1.service m1: stop'],
  },
  {
    title: 'one that only stops holds up nobody who moves',
    given: {
      machines: { m1: { drain: true }, m2: {} },
      units: { ...routers.units, 'a.service': {} },
      placements: {
        'a.service m1': {},
        'deis-router@1.service m1': { want: 'stop' },
        'deis-router@2.service m2': {},
      },
      states: {
        ...bothServe,
        'a.service m1': {},
        'deis-router@1.service m1': { phase: 'draining' },
      },
    },
    says: [
      'move a.service m2: the machine is being drained: m2 takes over from m1',
      'refuse deis-router@1.service: no machine may run it: it conflicts with deis-router@2.service (1 of 2); the machine is being drained (1 of 2)',
    ],
  },
  {
    title: 'but moves where it can',
    given: { machines: { m1: { drain: true }, m2: {}, m3: {} }, ...routers, states: bothServe },
    says: ['move deis-router@1.service m3: the machine is being drained: m3 takes over from m1'],
  },
  {
    title: 'not while the other one does not serve yet',
    given: {
      machines: { m1: { drain: true }, m2: {} },
      ...routers,
      states: { ...bothServe, 'deis-router@2.service m2': waiting },
    },
    says: ['report: stuck: deis-router@1.service cannot leave m1: the machine is being drained'],
  },
  {
    title: 'nor when the other one is about to leave too: one of them is the last',
    given: {
      machines: { m1: { drain: true }, m2: { drain: true } },
      ...routers,
      states: bothServe,
    },
    says: [
      'report: stuck: deis-router@1.service cannot leave m1: the machine is being drained; deis-router@2.service cannot leave m2: the machine is being drained',
    ],
  },
  {
    title: 'nor of another formation, whose apps nobody else serves',
    given: {
      machines: { m1: { drain: true }, m2: { metadata: { formation: 'shop' } } },
      ...routers,
      units: { ...routers.units, 'deis-router@2.service': { ...apart, deis: ['Formation=shop'] } },
      states: bothServe,
    },
    says: ['report: stuck: deis-router@1.service cannot leave m1: the machine is being drained'],
  },
  {
    title: 'nor on a machine that shuts down: it has its router again when it is back',
    given: {
      machines: { m1: { drain: true, leaving: true }, m2: {} },
      ...routers,
      states: bothServe,
    },
    says: ['report: stuck: deis-router@1.service cannot leave m1: the machine is being drained'],
  },
  {
    title: 'when the machine is taken back it stays where it still waits for its clients',
    given: {
      machines: { m1: {}, m2: {} },
      ...routers,
      placements: {
        'deis-router@1.service m1': { want: 'stop' },
        'deis-router@2.service m2': {},
      },
      states: { ...bothServe, 'deis-router@1.service m1': { phase: 'draining' } },
    },
    says: ['place deis-router@1.service m1: it is wanted and runs nowhere'],
    placements: ['deis-router@1.service m1: run'],
  },
  {
    title: 'a drain starts the replacement first',
    given: {
      ...drained,
      units: { 'a.service': {} },
      placements: { 'a.service m1': {} },
      states: { 'a.service m1': {} },
    },
    says: ['move a.service m2: the machine is being drained: m2 takes over from m1'],
    placements: ['a.service m2: run', 'a.service m1: run, retiring'],
  },
  {
    title: 'a drain moves one at a time while there are few units',
    given: {
      ...drained,
      units: { 'a.service': {}, 'b.service': {} },
      placements: { 'a.service m1': { retiring: true }, 'a.service m2': {}, 'b.service m1': {} },
      states: { 'a.service m1': {}, 'a.service m2': waiting, 'b.service m1': {} },
    },
    says: [],
  },
  {
    title: 'the old one stops when the replacement serves',
    given: {
      ...drained,
      units: { 'a.service': {} },
      placements: { 'a.service m1': { retiring: true }, 'a.service m2': {} },
      states: { 'a.service m1': {}, 'a.service m2': {} },
    },
    says: ['stop a.service m1: m2 has taken over'],
    placements: ['a.service m1: stop, retiring'],
  },
  {
    title: 'a state of an earlier revision does not count as serving',
    given: {
      ...drained,
      units: { 'a.service': {} },
      placements: { 'a.service m1': { retiring: true }, 'a.service m2': {} },
      states: { 'a.service m1': {}, 'a.service m2': { revision: 9 } },
    },
    says: [],
  },
  {
    title: 'a routed one also waits until it is published',
    given: {
      ...drained,
      units: { [web]: { routed: true } },
      placements: { [`${web} m1`]: { retiring: true }, [`${web} m2`]: {} },
      states: { [`${web} m1`]: healthy, [`${web} m2`]: healthy },
    },
    says: [],
  },
  {
    title: 'and until every live router has applied it',
    given: {
      ...drained,
      units: { [web]: { routed: true } },
      placements: { [`${web} m1`]: { retiring: true }, [`${web} m2`]: {} },
      states: { [`${web} m1`]: healthy, [`${web} m2`]: { ...healthy, published: 50 } },
      routers: { m1: 50, m3: 49 },
    },
    says: [],
  },
  {
    title: 'then the old one stops',
    given: {
      ...drained,
      units: { [web]: { routed: true } },
      placements: { [`${web} m1`]: { retiring: true }, [`${web} m2`]: {} },
      states: { [`${web} m1`]: healthy, [`${web} m2`]: { ...healthy, published: 50 } },
      routers: { m1: 50, m3: 51 },
    },
    says: [`stop ${web} m1: m2 has taken over`],
  },
  {
    title: 'and its placement goes when it has stopped',
    given: {
      ...drained,
      units: { [web]: { routed: true } },
      placements: { [`${web} m1`]: { want: 'stop', retiring: true }, [`${web} m2`]: {} },
      states: {
        [`${web} m1`]: { phase: 'stopped', active: 'inactive' },
        [`${web} m2`]: { ...healthy, published: 50 },
      },
    },
    says: [`clear ${web} m1: it has stopped on the machine`],
    placements: [`${web} m1: deleted`],
  },
  {
    title: 'a unit that has failed is moved at once: it serves nobody',
    given: {
      ...drained,
      units: { 'a.service': {} },
      placements: { 'a.service m1': {} },
      states: { 'a.service m1': { phase: 'failed', active: 'failed' } },
    },
    says: ['move a.service m2: the machine is being drained: moved from m1 to m2'],
    placements: ['a.service m2: run', 'a.service m1: stop'],
  },
  {
    title: 'a unit that must never run twice stops first',
    given: {
      ...drained,
      units: { 'a.service': { deis: ['OnDisconnect=stop'] } },
      placements: { 'a.service m1': {} },
      states: { 'a.service m1': {} },
    },
    says: [
      'stop a.service m1: the machine is being drained: it must never run twice, so it stops on m1 before it moves',
    ],
  },
  {
    title: 'and starts elsewhere only after it has stopped',
    given: {
      ...drained,
      units: { 'a.service': { deis: ['OnDisconnect=stop'] } },
      placements: { 'a.service m1': { want: 'stop' } },
      states: { 'a.service m1': { phase: 'stopping' } },
    },
    says: [],
  },
  {
    title: 'then it is placed',
    given: {
      ...drained,
      units: { 'a.service': { deis: ['OnDisconnect=stop'] } },
      placements: { 'a.service m1': { want: 'stop' } },
      states: { 'a.service m1': { phase: 'stopped', active: 'inactive' } },
    },
    says: [
      'clear a.service m1: it has stopped on the machine',
      'place a.service m2: it is wanted and runs nowhere',
    ],
  },
  {
    title: 'with nowhere to go it stays, and people are told',
    given: {
      machines: { m1: { drain: true }, m2: { cordon: true } },
      units: { 'a.service': {} },
      placements: { 'a.service m1': {} },
      states: { 'a.service m1': {} },
    },
    says: ['report: stuck: a.service cannot leave m1: the machine is being drained'],
  },
  {
    title: 'a replacement that does not come up holds up nobody else, and people are told',
    given: {
      ...drained,
      units: { 'a.service': {}, 'b.service': {} },
      placements: { 'a.service m1': { retiring: true }, 'a.service m2': {}, 'b.service m1': {} },
      states: {
        'a.service m1': {},
        'a.service m2': { phase: 'failed', active: 'failed', message: 'exit code 1' },
        'b.service m1': {},
      },
    },
    says: [
      'move b.service m3: the machine is being drained: m3 takes over from m1',
      'report: stuck: a.service does not come up on m2 and stays on m1 as well: exit code 1',
    ],
  },
  {
    title: 'a replacement whose machine is lost gives the place back',
    given: {
      machines: { m1: {}, m2: { losing: true } },
      units: { 'a.service': {} },
      placements: { 'a.service m1': { retiring: true }, 'a.service m2': {} },
      states: { 'a.service m1': {} },
    },
    says: [
      'lose m2: m2 is lost: it is silent',
      'move a.service m1: the machine is lost: moved from m2 to m1',
    ],
    placements: ['a.service m1: run', 'a.service m2: stop'],
  },
  {
    title: 'what is retiring with no replacement left stays',
    given: {
      units: { 'a.service': {} },
      placements: { 'a.service m1': { retiring: true } },
      states: { 'a.service m1': {} },
    },
    says: ['keep a.service m1: its replacement is gone, so it stays'],
    placements: ['a.service m1: run'],
  },
  {
    title: 'a cordoned machine keeps what it has, a suspect one too',
    given: {
      machines: { m1: { cordon: true }, m2: { alive: false }, m3: {} },
      units: { 'a.service': {}, 'b.service': {} },
      placements: { 'a.service m1': {}, 'b.service m2': {} },
      states: { 'a.service m1': {}, 'b.service m2': {} },
    },
    says: [],
  },
  {
    title: 'a unit that now asks for other machines moves, whatever the budget',
    given: {
      machines: { m1: {}, m2: { metadata: { ssd: 'yes' } } },
      units: { 'a.service': { fleet: ['MachineMetadata=ssd=yes'], revision: 40 } },
      placements: { 'a.service m1': {} },
      states: { 'a.service m1': {} },
    },
    says: ['move a.service m2: it asks for ssd=yes, the machine has no ssd: m2 takes over from m1'],
  },
];

planCases(CASES);
