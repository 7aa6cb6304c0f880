// Which machine a unit goes to: constraints filter, then spread, then the least loaded, then the lowest id.

import { changingProblem, fixedProblem, type MachineView } from '../model/constraints.ts';
import type { Demand } from '../model/requirements.ts';
import type { Tenant, World } from './world.ts';

/** What is compared, in this order; the smaller is the better machine. */
export interface Score {
  group: number;
  wider: number;
  load: number;
  homes: number;
}

/** Scores of machines for one unit, by position. */
export function scorer(world: World, { spread }: Tenant): (position: number) => Score {
  const groups = world.countsOf(spread.group);
  const widers = world.countsOf(spread.wider);
  return (position) => ({
    group: groups.get(position) ?? 0,
    wider: widers.get(position) ?? 0,
    load: world.loadAt(position),
    homes: world.homesAt(position),
  });
}

function isBetter(a: Score, b: Score): boolean {
  if (a.group !== b.group) return a.group < b.group;
  if (a.wider !== b.wider) return a.wider < b.wider;
  if (a.load !== b.load) return a.load < b.load;
  return a.homes < b.homes;
}

/** Positions of machines that may run units with this demand as far as the machine alone is concerned. */
export class Candidates {
  readonly #known = new Map<string, number[]>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  of(demand: Demand): readonly number[] {
    const key = JSON.stringify([demand.machineId, demand.home, ...demand.metadata]);
    const known = this.#known.get(key);
    if (known) return known;
    const fitting: number[] = [];
    for (const [position, machine] of this.#world.machines.entries()) {
      if (fixedProblem(demand, machine, this.#world) === undefined) fitting.push(position);
    }
    this.#known.set(key, fitting);
    return fitting;
  }
}

/** The best machine that passes all constraints and `accepts`; undefined: none. The costly checks come last. */
export function choose(
  world: World,
  candidates: Candidates,
  tenant: Tenant,
  accepts: (machine: MachineView, score: Score) => boolean = () => true,
): MachineView | undefined {
  let best: MachineView | undefined;
  let bestScore: Score | undefined;
  const scoreAt = scorer(world, tenant);
  for (const position of candidates.of(tenant.demand)) {
    const score = scoreAt(position);
    if (bestScore && !isBetter(score, bestScore)) continue;
    const machine = world.machines[position]!;
    if (changingProblem(tenant.demand, machine, world) !== undefined) continue;
    if (!accepts(machine, score)) continue;
    best = machine;
    bestScore = score;
  }
  return best;
}
