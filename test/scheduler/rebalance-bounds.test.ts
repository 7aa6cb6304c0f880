// Evening out keeps to what units demand: no tag and no memory limit is ever broken for it, and at its end no machine that may take
// another one has two less.

import fc from 'fast-check';
import t from 'tap';
import { snapshotOf, type UnitPicture } from './picture.ts';
import { settled } from './simulation.ts';

const GIB = 2 ** 30;
const MACHINES = ['m1', 'm2', 'm3', 'm4'];
const SSD = ['m1', 'm2', 'm3'];
const SMALL = 'm2';
const APPS: Record<string, UnitPicture & { size: number }> = {
  plain: { size: 0 },
  tagged: { size: 0, fleet: ['MachineMetadata=ssd=yes'] },
  fat: { size: 3, service: ['MemoryMax=3G'] },
  both: { size: 2, fleet: ['MachineMetadata=ssd=yes'], service: ['MemoryMax=2G'] },
};
const memoryOf = (machine: string): number => (machine === SMALL ? 8 : 60);
const appOf = (unit: string): string => unit.split('_')[0]!;
const mayTag = (app: string, machine: string): boolean =>
  APPS[app]!.fleet === undefined || SSD.includes(machine);

void t.test('tags and limits hold all the way, and what may be even is', async () => {
  const drawn = fc.array(fc.tuple(fc.constantFrom(...Object.keys(APPS)), fc.nat(3)), {
    maxLength: 24,
  });
  fc.assert(
    fc.property(drawn, (wishes) => {
      const room = new Map(MACHINES.map((id) => [id, memoryOf(id)]));
      const placed = wishes.flatMap(([app, at], n): [string, string][] => {
        const machine = MACHINES[at]!;
        const left = room.get(machine)! - APPS[app]!.size;
        if (!mayTag(app, machine) || left < 0) return [];
        room.set(machine, left);
        return [[`${app}_v1.web.${n + 1}.service`, machine]];
      });
      const units = Object.fromEntries(placed.map(([name]) => [name, APPS[appOf(name)]!]));
      const placements = Object.fromEntries(placed.map(([name, id]) => [`${name} ${id}`, {}]));
      const machines = Object.fromEntries(
        MACHINES.map((id) => [
          id,
          { memory: memoryOf(id) * GIB, metadata: SSD.includes(id) ? { ssd: 'yes' } : {} },
        ]),
      );
      const states = Object.fromEntries(Object.keys(placements).map((key) => [key, {}]));
      const given = { machines, units, placements, states, wish: 'once' };
      const used = (now: ReturnType<typeof snapshotOf>, id: string): number =>
        now.placements
          .filter(({ machine, value }) => machine === id && value.want === 'run')
          .reduce((sum, { unit }) => sum + APPS[appOf(unit)]!.size, 0);
      const { snapshot } = settled(snapshotOf(given), (now) => {
        for (const { machine, unit } of now.placements) {
          if (!mayTag(appOf(unit), machine)) throw new Error(`${unit} on ${machine}`);
        }
        for (const id of MACHINES) {
          if (used(now, id) > memoryOf(id)) throw new Error(`${id} is full`);
        }
      });
      for (const [app, { size }] of Object.entries(APPS)) {
        const count = (id: string): number =>
          snapshot.placements.filter(
            ({ machine, unit, value }) =>
              machine === id && appOf(unit) === app && value.want === 'run',
          ).length;
        for (const from of MACHINES) {
          for (const to of MACHINES.filter((id) => mayTag(app, id))) {
            const fits = size === 0 || used(snapshot, to) + size <= memoryOf(to);
            if (fits && count(from) > count(to) + 1) {
              throw new Error(`${app}: ${count(from)} on ${from}, ${count(to)} on ${to}`);
            }
          }
        }
      }
      return snapshot.status.find(({ topic }) => topic === 'rebalance')?.value.done === 'once';
    }),
    { numRuns: 60 },
  );
});
