// THE table of constraints: what may speak against running a unit on a machine, in words for people.

import { bytesOn, formatBytes } from './capacity.ts';
import { placeProblem } from './formation.ts';
import { globMatches } from './glob.ts';
import type { Demand } from './requirements.ts';

/** A machine as the scheduler sees it. `suspect`: its heartbeat is missing; `lost`: declared so. */
export interface MachineView {
  id: string;
  name: string;
  metadata: Readonly<Record<string, string>>;
  /** Bytes and cpus; 0: unknown, nothing is refused for it. */
  capacity: { memory: number; cpus: number };
  standing: 'ready' | 'suspect' | 'lost';
  cordoned: boolean;
  draining: boolean;
}

/** What is on the machines, as it is or as decided so far. */
export interface Occupancy {
  /** Demands of all units that run there or are still leaving. */
  on(machine: string): ReadonlyMap<string, Demand>;
  /** Those of them that name patterns of other units. */
  picky(machine: string): ReadonlyMap<string, Demand>;
  /** Bytes reserved there. */
  memory(machine: string): number;
  /** Is the unit placed there to run, and not about to leave? */
  isHome(unit: string, machine: string): boolean;
}

export interface Constraint {
  name: string;
  /** True: its answer depends on the machine alone, so it is the same for all units with the same demand. */
  fixed: boolean;
  /** Does it drive away a unit that is already there? `single`: unless the unit is global, which has nowhere to go. */
  evicts: 'always' | 'single' | 'never';
  problem(demand: Demand, machine: MachineView, occupancy: Occupancy): string | undefined;
}

const matchesAny = (globs: readonly string[], name: string): string | undefined =>
  globs.find((glob) => globMatches(glob, name));

/** In the order in which they are told. To add one: a row here and a case in test/model/constraints.test.ts. */
export const CONSTRAINTS: readonly Constraint[] = [
  {
    name: 'MachineID',
    fixed: true,
    evicts: 'always',
    problem: ({ machineId }, { id }) =>
      machineId === undefined || machineId === id || machineId === id.slice(0, 8)
        ? undefined
        : `it asks for machine ${machineId}`,
  },
  {
    name: 'MachineMetadata',
    fixed: true,
    evicts: 'always',
    problem({ metadata }, machine) {
      for (const [key, values] of metadata) {
        const has = Object.hasOwn(machine.metadata, key) ? machine.metadata[key]! : undefined;
        if (has !== undefined && values.includes(has)) continue;
        return `it asks for ${key}=${values.join('|')}, the machine has ${has === undefined ? `no ${key}` : `${key}=${has}`}`;
      }
      return undefined;
    },
  },
  {
    name: 'Formation',
    fixed: true,
    evicts: 'always',
    problem: ({ home }, { metadata }) => home && placeProblem(home, metadata),
  },
  {
    name: 'Lost',
    fixed: true,
    evicts: 'single',
    problem: (_, { standing }) => (standing === 'lost' ? 'the machine is lost' : undefined),
  },
  {
    name: 'Draining',
    fixed: true,
    evicts: 'single',
    problem: (_, { draining }) => (draining ? 'the machine is being drained' : undefined),
  },
  {
    name: 'Heartbeat',
    fixed: true,
    evicts: 'never',
    problem: (_, { standing }) =>
      standing === 'suspect' ? "the machine's heartbeat is missing" : undefined,
  },
  {
    name: 'Cordoned',
    fixed: true,
    evicts: 'never',
    problem: (_, { cordoned }) => (cordoned ? 'the machine is cordoned' : undefined),
  },
  {
    name: 'MachineOf',
    fixed: false,
    evicts: 'always',
    problem({ machineOf }, { id }, occupancy) {
      const missing = machineOf.find((peer) => !occupancy.isHome(peer, id));
      return missing === undefined ? undefined : `its peer ${missing} is not there`;
    },
  },
  {
    name: 'Conflicts',
    fixed: false,
    evicts: 'always',
    problem({ name, conflicts }, { id }, occupancy) {
      if (conflicts.length > 0) {
        for (const other of occupancy.on(id).keys()) {
          if (other !== name && matchesAny(conflicts, other)) return `it conflicts with ${other}`;
        }
      }
      for (const [other, demand] of occupancy.picky(id)) {
        if (other !== name && matchesAny(demand.conflicts, name)) {
          return `${other} conflicts with it`;
        }
      }
      return undefined;
    },
  },
  {
    // Two that replace each other would chase each other for ever: fleet ignores both, and so do we.
    name: 'Replaces',
    fixed: false,
    evicts: 'single',
    problem({ name, replaces }, { id }, occupancy) {
      for (const [other, demand] of occupancy.picky(id)) {
        if (other === name || !matchesAny(demand.replaces, name)) continue;
        if (matchesAny(replaces, other)) continue;
        return `${other} replaces it there`;
      }
      return undefined;
    },
  },
  {
    name: 'Memory',
    fixed: false,
    evicts: 'never',
    problem({ name, reserved }, { id, capacity }, occupancy) {
      const need = bytesOn(reserved, capacity.memory);
      if (need === 0 || capacity.memory === 0) return undefined;
      const own = occupancy.on(id).has(name) ? need : 0;
      const free = capacity.memory - occupancy.memory(id) + own;
      if (need <= free) return undefined;
      return `it reserves ${formatBytes(need)} of memory, ${formatBytes(free)} are free`;
    },
  },
];

const FIXED = CONSTRAINTS.filter((row) => row.fixed);
const CHANGING = CONSTRAINTS.filter((row) => !row.fixed);

function evicting(all: readonly Constraint[]) {
  return { all, urgent: all.filter((row) => row.name !== 'Draining') };
}
const EVICTING = {
  single: evicting(CONSTRAINTS.filter((row) => row.evicts !== 'never')),
  global: evicting(CONSTRAINTS.filter((row) => row.evicts === 'always')),
};

/** What the machine itself has against it, whatever runs there. */
export function fixedProblem(
  demand: Demand,
  machine: MachineView,
  occupancy: Occupancy,
): string | undefined {
  return firstProblem(FIXED, demand, machine, occupancy)?.words;
}

/** What is placed there now has against it; ask only after `fixedProblem`. */
export function changingProblem(
  demand: Demand,
  machine: MachineView,
  occupancy: Occupancy,
): string | undefined {
  return firstProblem(CHANGING, demand, machine, occupancy)?.words;
}

function firstProblem(
  rows: readonly Constraint[],
  demand: Demand,
  machine: MachineView,
  occupancy: Occupancy,
): { constraint: string; words: string } | undefined {
  for (const row of rows) {
    const words = row.problem(demand, machine, occupancy);
    if (words !== undefined) return { constraint: row.name, words };
  }
  return undefined;
}

/** Why a unit that is there must leave; a drain is told last, since it alone can wait. */
export function evictionProblem(
  demand: Demand,
  machine: MachineView,
  occupancy: Occupancy,
): { constraint: string; words: string } | undefined {
  const { urgent, all } = demand.global ? EVICTING.global : EVICTING.single;
  return (
    firstProblem(urgent, demand, machine, occupancy) ??
    firstProblem(all, demand, machine, occupancy)
  );
}

/** Per machine the first problem in words; `undefined`: the unit may run there. For records and `deisctl why`. */
export function eligible(
  demand: Demand,
  machines: readonly MachineView[],
  occupancy: Occupancy,
): { machine: MachineView; problem: string | undefined }[] {
  return machines.map((machine) => ({
    machine,
    problem: firstProblem(CONSTRAINTS, demand, machine, occupancy)?.words,
  }));
}
