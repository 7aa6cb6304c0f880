// Snapshot in, sentences out: what the scheduler decides, and why.

import { type Case, planCases } from './plan-cases.ts';
import { GB } from './picture.ts';

const running = { phase: 'running', active: 'active' } as const;
const web = 'web.service';

const CASES: Case[] = [
  { title: 'nothing wanted, nothing decided', given: {}, says: [] },
  {
    title: 'a launched unit is placed on the machine with the lowest id',
    given: { units: { [web]: {} } },
    says: [`place ${web} m1: it is wanted and runs nowhere`],
    placements: [`${web} m1: run`],
  },
  {
    title: 'a loaded unit is placed too',
    given: { units: { [web]: { desired: 'loaded' } } },
    says: [`place ${web} m1: it is wanted and runs nowhere`],
  },
  {
    title: 'an inactive unit is placed nowhere',
    given: { units: { [web]: { desired: 'inactive' } } },
    says: [],
  },
  {
    title: 'what is placed stays, even if another machine is emptier',
    given: {
      units: { 'a.service': {}, 'b.service': {} },
      placements: { 'a.service m1': {}, 'b.service m1': {} },
    },
    says: [],
  },
  {
    title: 'a template is never placed',
    given: { units: { 'web@.service': {} } },
    says: ['refuse web@.service: a template cannot run'],
  },
  {
    title: 'instances of a template are spread',
    given: { units: { 'a@1.service': {}, 'a@2.service': {}, 'a@3.service': {}, 'b.service': {} } },
    says: [
      'place a@1.service m1: it is wanted and runs nowhere',
      'place a@2.service m2: it is wanted and runs nowhere',
      'place a@3.service m3: it is wanted and runs nowhere',
      'place b.service m1: it is wanted and runs nowhere',
    ],
  },
  {
    title: 'a new release is spread by itself, then away from the old one',
    given: {
      units: { 'blog_v2.web.1.service': {}, 'blog_v3.web.1.service': {}, 'x.service': {} },
      placements: { 'blog_v2.web.1.service m2': {}, 'x.service m1': {} },
    },
    says: ['place blog_v3.web.1.service m3: it is wanted and runs nowhere'],
  },
  {
    title: 'the machine with less reserved memory comes before the one with fewer units',
    given: {
      machines: { m1: {}, m2: {} },
      units: {
        'big.service': { service: ['MemoryMax=2G'] },
        'a.service': {},
        'b.service': {},
        'new.service': {},
      },
      placements: { 'big.service m1': {}, 'a.service m2': {}, 'b.service m2': {} },
    },
    says: ['place new.service m2: it is wanted and runs nowhere'],
  },
  {
    title: 'a changed unit is run at its new revision where it is',
    given: { units: { [web]: { revision: 40 } }, placements: { [`${web} m2`]: {} } },
    says: [`update ${web} m2: the unit changed at revision 40`],
    placements: [`${web} m2: run`],
  },
  {
    title: 'inactive stops, and the placement goes when the agent has stopped it',
    given: {
      units: { 'a.service': { desired: 'inactive' }, 'b.service': { desired: 'inactive' } },
      placements: { 'a.service m1': {}, 'b.service m1': { want: 'stop' } },
      states: { 'a.service m1': running, 'b.service m1': { phase: 'stopped', active: 'inactive' } },
    },
    says: [
      'stop a.service m1: the unit is to be inactive',
      'clear b.service m1: it has stopped on the machine',
    ],
    placements: ['a.service m1: stop', 'b.service m1: deleted'],
  },
  {
    title: 'a stopped unit that is still stopping keeps its placement',
    given: {
      units: { [web]: { desired: 'inactive' } },
      placements: { [`${web} m1`]: { want: 'stop' } },
      states: { [`${web} m1`]: { phase: 'draining' } },
    },
    says: [],
  },
  {
    title:
      'gone removes, also where it was only to be stopped, and clears when the agent says gone',
    given: {
      units: {
        'a.service': { desired: 'gone' },
        'b.service': { desired: 'gone' },
        'c.service': { desired: 'gone' },
      },
      placements: {
        'a.service m1': {},
        'b.service m1': { want: 'stop' },
        'c.service m1': { want: 'gone' },
      },
      states: {
        'a.service m1': running,
        'b.service m1': { phase: 'stopped', active: 'inactive' },
        'c.service m1': { phase: 'gone', active: 'inactive' },
      },
    },
    says: [
      'remove a.service m1: the unit is to be removed',
      'remove b.service m1: the unit is to be removed',
      'clear c.service m1: it is gone from the machine',
    ],
    placements: ['a.service m1: gone', 'b.service m1: gone', 'c.service m1: deleted'],
  },
  {
    title: 'a missing record stops nothing; what was ordered before is cleared when done',
    given: {
      placements: {
        'lonely.service m2': {},
        'done.service m1': { want: 'gone' },
        'doing.service m1': { want: 'stop' },
      },
      states: {
        'lonely.service m2': running,
        'done.service m1': { phase: 'gone', active: 'inactive' },
        'doing.service m1': running,
      },
    },
    says: [
      'clear done.service m1: it is gone from the machine',
      'report: orphans: units placed without a record, left as they are (lonely.service on m2)',
    ],
    placements: ['done.service m1: deleted'],
  },
  {
    title: 'a unit that runs without a placement is adopted where it runs',
    given: { units: { [web]: {} }, states: { [`${web} m3`]: { phase: 'orphan' } } },
    says: [`adopt ${web} m3: it runs there already`],
    placements: [`${web} m3: run`],
  },
  {
    title: 'what runs a second time without a placement retires, then stops',
    given: {
      units: { 'a.service': {}, 'b.service': {} },
      placements: {
        'a.service m1': {},
        'b.service m1': {},
        'b.service m2': { retiring: true },
      },
      states: {
        'a.service m1': running,
        'a.service m2': { phase: 'orphan' },
        'b.service m1': running,
        'b.service m2': running,
      },
    },
    says: ['keep a.service m2: its place is on m1', 'stop b.service m2: m1 has taken over'],
    placements: ['a.service m2: run, retiring', 'b.service m2: stop, retiring'],
  },
  {
    title: 'what runs without a placement and is to be gone is removed by an explicit word',
    given: {
      units: { [web]: { desired: 'gone' } },
      states: { [`${web} m3`]: { phase: 'orphan' } },
    },
    says: [`remove ${web} m3: the unit is to be removed`],
    placements: [`${web} m3: gone`],
  },
  {
    title: 'of two homes the one that runs stays and the other retires',
    given: {
      units: { [web]: {} },
      placements: { [`${web} m1`]: {}, [`${web} m2`]: {} },
      states: { [`${web} m2`]: running },
    },
    says: [`stop ${web} m1: m2 has taken over`],
    placements: [`${web} m1: stop, retiring`],
  },
  {
    title: 'nothing fits: the record says why, machine by machine',
    given: {
      machines: { m1: { cordon: true }, m2: { memory: GB }, m3: { memory: GB } },
      units: { 'big.service': { service: ['MemoryMax=2G'] } },
    },
    says: [
      'refuse big.service: no machine may run it: it reserves 2G of memory, 1G are free (2 of 3); the machine is cordoned (1 of 3)',
    ],
  },
];

planCases(CASES);
