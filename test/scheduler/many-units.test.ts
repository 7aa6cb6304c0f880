// A large cluster is decided evenly, and in bounded time.

import t from 'tap';
import { demandOf } from '../../src/model/requirements.ts';
import { decide, manyUnits } from './many-units.ts';

void t.test(
  '2,000 units over 200 machines: all placed, groups of ten on ten machines',
  async (t) => {
    const snapshot = manyUnits(2000, 200);
    const { decisions, ms } = decide(snapshot);
    t.equal(decisions.length, 2000);
    t.ok(decisions.every(({ kind }) => kind === 'place'));
    t.ok(ms < 5000, `took ${Math.round(ms)} ms`);
    const machinesOf = new Map<string, Set<string>>();
    for (const { unit, machine } of decisions) {
      const group = unit!.replace(/\.\d+\.service$/, '');
      machinesOf.set(group, (machinesOf.get(group) ?? new Set()).add(machine!));
    }
    t.ok([...machinesOf.values()].every(({ size }) => size === 10));
    const even = new Set(
      snapshot.machines
        .filter(({ machine }) => machine?.metadata['half'] === 'even')
        .map(({ id }) => id),
    );
    const bound = new Set(
      snapshot.units
        .filter(({ value }) => demandOf(value).metadata.size > 0)
        .map(({ value }) => value.name),
    );
    t.ok(bound.size > 0);
    t.ok(decisions.every(({ unit, machine }) => !bound.has(unit!) || even.has(machine!)));
  },
);
