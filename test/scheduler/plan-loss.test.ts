// Lost machines: what is removed, what moves, what stays, and what happens when they are back.

import t from 'tap';
import { plan } from '../../src/scheduler/plan.ts';
import { type Case, planCases } from './plan-cases.ts';
import { sentence, snapshotOf } from './picture.ts';

const losing = { machines: { m1: { losing: true }, m2: {}, m3: {} } };
const moved = 'the machine is lost: moved from m1 to m2';

const CASES: Case[] = [
  {
    title:
      'a lost machine: its units run elsewhere at once, its own are to stop should it come back',
    given: {
      ...losing,
      units: { 'a.service': {} },
      placements: { 'a.service m1': {} },
      states: { 'a.service m1': {} },
    },
    says: ['lose m1: m1 is lost: it is silent', `move a.service m2: ${moved}`],
    placements: ['a.service m2: run', 'a.service m1: stop'],
  },
  {
    title: 'a unit that may run nowhere else stays placed there, and so does a global one',
    given: {
      machines: { m1: { losing: true }, m2: {} },
      units: { 'a.service': { fleet: ['MachineID=m1'] }, 'g.service': { fleet: ['Global=yes'] } },
      placements: { 'a.service m1': {}, 'g.service m1': {}, 'g.service m2': {} },
    },
    says: [
      'lose m1: m1 is lost: it is silent',
      'report: stuck: a.service cannot leave m1: the machine is lost',
    ],
  },
  {
    title: 'orders to a lost machine wait for it',
    given: {
      machines: { m1: { lost: true }, m2: {} },
      units: { 'a.service': {}, 'b.service': { desired: 'gone' } },
      placements: {
        'a.service m2': {},
        'a.service m1': { want: 'stop' },
        'b.service m1': { want: 'gone' },
      },
      states: { 'a.service m2': {} },
    },
    says: [],
  },
  {
    title: 'what a lost machine reported later than its loss is removed, too',
    given: {
      machines: { m1: { lost: true }, m2: {} },
      states: { 'a.service m1': {} },
    },
    says: ['lose m1: m1 is lost: it was silent'],
  },
  {
    title: 'back again: the record goes, and what moved away is stopped and cleared',
    given: {
      machines: { m1: { lost: true, alive: true }, m2: {} },
      units: { 'a.service': {}, 'b.service': {} },
      placements: {
        'a.service m2': {},
        'a.service m1': { want: 'stop' },
        'b.service m2': {},
        'b.service m1': { want: 'stop' },
      },
      states: {
        'a.service m1': { phase: 'stopped', active: 'inactive' },
        'a.service m2': {},
        'b.service m1': {},
        'b.service m2': {},
      },
    },
    says: ['return m1: m1 is back', 'clear a.service m1: it has stopped on the machine'],
    placements: ['a.service m1: deleted'],
  },
  {
    title: 'no unit moves to a machine only because it is back',
    given: {
      machines: { m1: { lost: true, alive: true }, m2: {} },
      units: { 'a.service': {}, 'b.service': {}, 'c.service': {} },
      placements: { 'a.service m2': {}, 'b.service m2': {}, 'c.service m2': {} },
    },
    says: ['return m1: m1 is back'],
  },
  {
    title: 'a stop-first unit of a lost machine starts elsewhere at once: its lock keeps it single',
    given: {
      machines: { m1: { lost: true }, m2: {} },
      units: { 'a.service': { deis: ['OnDisconnect=stop'] } },
      placements: { 'a.service m1': {} },
    },
    says: [`move a.service m2: ${moved}`],
  },
  {
    title: 'a lost machine that is forgotten: its orders are cleared, then its record',
    given: {
      machines: { m1: { lost: true, forgotten: true }, m2: {} },
      units: { 'a.service': {}, 'g.service': { fleet: ['Global=true'] } },
      placements: {
        'a.service m2': {},
        'a.service m1': { want: 'stop' },
        'g.service m1': {},
        'g.service m2': {},
      },
    },
    says: [
      'clear a.service m1: the machine is forgotten',
      'clear g.service m1: the machine is forgotten',
    ],
  },
  {
    title: 'the record of a forgotten machine goes last',
    given: { machines: { m1: { lost: true, forgotten: true }, m2: {} } },
    says: ['clear m1: the lost machine is forgotten and nothing names it any more'],
  },
  {
    title: 'a machine whose record is missing but which was never lost keeps its units',
    given: {
      machines: { m1: { forgotten: true }, m2: {} },
      units: { 'a.service': {} },
      placements: { 'a.service m1': {} },
    },
    says: [],
  },
  {
    title: 'the brake and refused writes are told to people',
    given: { brake: '3 of 3 machines are silent at once', refused: 4 },
    says: [
      'report: brake: 3 of 3 machines are silent at once',
      'report: refused: 4 late writes were refused',
    ],
  },
];

planCases(CASES);

void t.test(
  'a loss removes states and upstreams of that machine only, in pieces that fit a transaction',
  async (t) => {
    const count = 150;
    const numbers = Array.from({ length: count }, (_, n) => n);
    const decisions = plan(
      snapshotOf({
        ...losing,
        states: {
          ...Object.fromEntries(numbers.map((n) => [`u${n}.service m1`, {}])),
          'u1.service m2': {},
        },
        services: {
          'blog u1.service': '10.0.0.1:20001',
          'blog u2.service': '10.0.0.2:20001',
          'blog u3.service': '10.0.0.10:20001',
        },
      }),
    );
    const losses = decisions.filter(({ kind }) => kind === 'lose');
    t.ok(losses.length > 1);
    t.ok(losses.every(({ changes }) => changes.length <= 100));
    t.ok(losses.every(({ requires }) => requires.some(({ kind }) => kind === 'machine-silent')));
    const changes = losses.flatMap((decision) => decision.changes);
    t.equal(changes[0]?.family, 'lost');
    t.equal(changes.filter(({ family }) => family === 'states').length, count);
    t.ok(changes.filter(({ family }) => family === 'states').every(({ ids }) => ids[0] === 'm1'));
    t.strictSame(
      changes.filter(({ family }) => family === 'services').map(({ ids }) => ids[1]),
      ['u1.service'],
    );
  },
);

void t.test('the running total of refused writes goes on under the next leader', async (t) => {
  const snapshot = snapshotOf({ refused: 3 });
  snapshot.status.push({
    topic: 'refused',
    revision: 7,
    value: { text: '4 late writes were refused', since: 'before', count: 4 },
  });
  t.strictSame(plan(snapshot).map(sentence), ['report: refused: 7 late writes were refused']);
});
