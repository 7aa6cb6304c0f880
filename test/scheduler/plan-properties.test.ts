// What holds for every cluster, drawn at random: no unit twice, nothing stopped for a missing key, always an end.

import fc from 'fast-check';
import t from 'tap';
import { demandOf } from '../../src/model/requirements.ts';
import { plan } from '../../src/scheduler/plan.ts';
import { type MachinePicture, type Picture, snapshotOf, type UnitPicture } from './picture.ts';
import { counts, homesOf, settled } from './simulation.ts';

const RUNS = { numRuns: 150 };
const MACHINES = ['m1', 'm2', 'm3', 'm4', 'm5'];
const UNITS = [
  'a.service',
  'b.service',
  'c@1.service',
  'c@2.service',
  'c@3.service',
  'blog_v1.web.1.service',
  'blog_v1.web.2.service',
  'blog_v2.web.1.service',
];

const machine: fc.Arbitrary<MachinePicture> = fc
  .record({
    metadata: fc.constantFrom({}, { ssd: 'yes' }),
    cordon: fc.boolean(),
    drain: fc.boolean(),
    standing: fc.constantFrom('ready', 'ready', 'ready', 'suspect', 'lost', 'losing'),
  })
  .map(({ standing, ...rest }) => ({
    ...rest,
    alive: standing === 'ready',
    lost: standing === 'lost',
    losing: standing === 'losing',
  }));

const unit: fc.Arbitrary<UnitPicture> = fc.record({
  desired: fc.constantFrom('launched', 'launched', 'launched', 'loaded', 'inactive', 'gone'),
  fleet: fc.subarray(
    [
      'MachineMetadata=ssd=yes',
      'Conflicts=c@*.service',
      'MachineOf=a.service',
      'Replaces=b.service',
      'Global=true',
    ],
    { maxLength: 1 },
  ),
  deis: fc.constantFrom([], [], ['OnDisconnect=stop']),
  service: fc.constantFrom([], ['MemoryMax=3G']),
  routed: fc.boolean(),
});

const dictionary = <T>(names: string[], value: fc.Arbitrary<T>, minimum = 0) =>
  fc
    .subarray(names, { minLength: minimum })
    .chain((chosen) => fc.record(Object.fromEntries(chosen.map((name) => [name, value]))))
    .map((record) => ({ ...record }) as Record<string, T>);

const pairs = UNITS.flatMap((name) => MACHINES.map((id) => `${name} ${id}`));
const placement = fc.record({
  want: fc.constantFrom('run' as const, 'run' as const, 'stop' as const, 'gone' as const),
  retiring: fc.boolean(),
});
const state = fc.constantFrom(
  { phase: 'running' as const },
  { phase: 'orphan' as const },
  { phase: 'stopped' as const, active: 'inactive' },
  { phase: 'gone' as const, active: 'inactive' },
  { phase: 'starting' as const, active: 'activating' },
);

const picture: fc.Arbitrary<Picture> = fc.record({
  machines: dictionary(MACHINES, machine, 1),
  units: dictionary(UNITS, unit),
  placements: fc
    .subarray(pairs, { maxLength: 12 })
    .chain((chosen) => fc.record(Object.fromEntries(chosen.map((key) => [key, placement])))),
  states: fc
    .subarray(pairs, { maxLength: 12 })
    .chain((chosen) => fc.record(Object.fromEntries(chosen.map((key) => [key, state])))),
  routers: fc.constantFrom({}, { m1: 0 }),
  wish: fc.constantFrom('first', 'second'),
});

void t.test(
  'the same snapshot gives the same decisions, and is not changed by deciding',
  async () => {
    fc.assert(
      fc.property(picture, (given) => {
        const snapshot = snapshotOf(given);
        const before = JSON.stringify(snapshot);
        const once = JSON.stringify(plan(snapshot));
        return (
          once === JSON.stringify(plan(snapshotOf(given))) && JSON.stringify(snapshot) === before
        );
      }),
      RUNS,
    );
  },
);

void t.test(
  'decisions carried out lead to a cluster in which nothing is left to decide',
  async () => {
    fc.assert(
      fc.property(picture, (given) => {
        settled(snapshotOf(given));
      }),
      RUNS,
    );
  },
);

void t.test(
  'in the end each launched unit is at home once at most, and no other anywhere',
  async () => {
    fc.assert(
      fc.property(picture, (given) => {
        const { snapshot } = settled(snapshotOf(given));
        return snapshot.units.every(({ value }) => {
          const homes = homesOf(snapshot, value.name);
          if (value.desired === 'inactive' || value.desired === 'gone') return homes.length === 0;
          return demandOf(value).global || homes.length <= 1;
        });
      }),
      RUNS,
    );
  },
);

void t.test('what has no record is never told to stop', async () => {
  fc.assert(
    fc.property(picture, (given) =>
      plan(snapshotOf(given)).every(
        ({ unit: name, changes }) =>
          name === undefined ||
          given.units?.[name] !== undefined ||
          changes.every(({ value }) => value === null),
      ),
    ),
    RUNS,
  );
  fc.assert(
    fc.property(picture, (given) => {
      const before = snapshotOf({ ...given, units: {} });
      const { snapshot } = settled(before);
      const stays = before.placements.filter(({ value }) => value.want === 'run');
      return stays.every(({ machine: id, unit: name }) =>
        snapshot.placements.some(
          ({ machine: where, unit: what, value }) =>
            where === id && what === name && value.want === 'run',
        ),
      );
    }),
    RUNS,
  );
});

void t.test(
  'a serving unit stops only when another place serves, or its record or its need says so',
  async () => {
    fc.assert(
      fc.property(fc.subarray(MACHINES, { minLength: 1 }), fc.nat(), (draining, seed) => {
        const units = Object.fromEntries(UNITS.map((name) => [name, { routed: true }]));
        const placements = Object.fromEntries(
          UNITS.map((name, n) => [`${name} ${MACHINES[(n + seed) % MACHINES.length]!}`, {}]),
        );
        const machines = Object.fromEntries(
          MACHINES.map((id) => [id, { drain: draining.includes(id) }]),
        );
        const states = Object.fromEntries(Object.keys(placements).map((key) => [key, {}]));
        const snapshot = snapshotOf({ machines, units, placements, states, routers: { m1: 1 } });
        settled(snapshot, (now) => {
          for (const name of UNITS) {
            const serving = now.states.filter(
              ({ unit: what, value }) => what === name && value.phase === 'running',
            );
            if (serving.length === 0) throw new Error(`${name} serves nowhere`);
          }
        });
      }),
      RUNS,
    );
  },
);

void t.test('a new group is spread evenly over machines that are equals', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 }), (n, m) => {
      const names = Array.from({ length: n }, (_, k) => `blog_v1.web.${k + 1}.service`);
      const machines = Object.fromEntries(Array.from({ length: m }, (_, k) => [`m${k + 1}`, {}]));
      const units = Object.fromEntries(names.map((name) => [name, {}]));
      const { snapshot } = settled(snapshotOf({ machines, units }));
      const even = counts(snapshot);
      return Math.max(...even) - Math.min(...even) <= 1;
    }),
    RUNS,
  );
});

void t.test('a rebalance evens out every group and all units, and ends', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('blog', 'shop', 'wiki'), fc.nat(4)), { maxLength: 40 }),
      (drawn) => {
        const names = drawn.map(([app], n) => `${app}_v1.web.${n + 1}.service`);
        const units = Object.fromEntries(names.map((name) => [name, {}]));
        const placements = Object.fromEntries(
          names.map((name, n) => [`${name} ${MACHINES[drawn[n]![1]]!}`, {}]),
        );
        const machines = Object.fromEntries(MACHINES.map((id) => [id, {}]));
        const states = Object.fromEntries(Object.keys(placements).map((key) => [key, {}]));
        const given = { machines, units, placements, states, wish: 'once' };
        const { snapshot } = settled(snapshotOf(given));
        for (const app of ['blog', 'shop', 'wiki']) {
          const even = counts(snapshot, (name) => name.startsWith(app));
          if (Math.max(...even) - Math.min(...even) > 1)
            throw new Error(`${app}: ${even.join(' ')}`);
        }
        const done = snapshot.status.find(({ topic }) => topic === 'rebalance');
        return done?.value.done === 'once';
      },
    ),
    RUNS,
  );
});
