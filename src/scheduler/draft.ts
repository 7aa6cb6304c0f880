// A plan being made: steps are noted, and the world changes with each, so that the next step sees them.

import type { Placement, Unschedulable } from '../model/cluster.ts';
import type { MachineView } from '../model/constraints.ts';
import { demandOf } from '../model/requirements.ts';
import type { UnitPhase, UnitState, WantedUnit } from '../model/unit.ts';
import { Candidates } from './choose.ts';
import type { Change, Decision, DecisionKind, Requirement } from './decision.ts';
import type { ClusterSnapshot, MachineRecord, PlacementRecord, Revised } from './snapshot.ts';
import { spreadOf } from './spread.ts';
import { type Tenant, World } from './world.ts';

/** One placement as a step leaves it; undefined: its key is deleted. */
export type Put = [machine: string, placement: Placement | undefined];

interface Step {
  kind: DecisionKind;
  unit: string;
  machine: string;
  reason: string;
  puts: Map<string, Placement | undefined>;
}

const join = (unit: string, machine: string): string => `${unit}\n${machine}`;

export class Draft {
  readonly snapshot: ClusterSnapshot;
  readonly world: World;
  readonly candidates: Candidates;
  /** Wanted units by name. */
  readonly wanted: ReadonlyMap<string, Revised<WantedUnit>>;
  /** Units that could not be placed, by name; explained at the end, when all else is decided. */
  readonly unplaced = new Map<string, Tenant>();
  /** Units refused for a reason that no machine could change. */
  readonly impossible = new Map<string, Unschedulable>();
  /** Units that should leave a machine and cannot, in words. */
  readonly stuck: string[] = [];
  readonly #remembered: ReadonlySet<string>;
  readonly #original = new Map<string, PlacementRecord>();
  readonly #states = new Map<string, Map<string, UnitState>>();
  readonly #steps: Step[] = [];
  readonly #stepsOf = new Map<string, Step[]>();

  constructor(snapshot: ClusterSnapshot) {
    this.snapshot = snapshot;
    this.wanted = new Map(snapshot.units.map((unit) => [unit.value.name, unit]));
    const known = snapshot.machines.filter(
      ({ machine, alive, lost }) => machine !== undefined || (lost !== undefined && !alive),
    );
    this.#remembered = new Set(snapshot.machines.filter(isRemembered).map(({ id }) => id));
    this.world = new World(known.map(viewOf), (unit) => this.tenant(unit));
    this.candidates = new Candidates(this.world);
    for (const { machine, unit, value } of snapshot.states) {
      if (!this.isLost(machine)) remember(this.#states, unit).set(machine, value);
    }
    for (const record of snapshot.placements) {
      const { unit, machine, value } = record;
      this.#original.set(join(unit, machine), record);
      this.world.put(unit, machine, value, this.#occupies(unit, machine, value));
    }
  }

  readonly #tenants = new Map<string, Tenant>();

  tenant(unit: string): Tenant {
    const known = this.#tenants.get(unit);
    if (known) return known;
    const record = this.wanted.get(unit)?.value ?? unknownUnit(unit);
    const tenant = { demand: demandOf(record), spread: spreadOf(record) };
    this.#tenants.set(unit, tenant);
    return tenant;
  }

  isLost(machine: string): boolean {
    return this.world.machine(machine)?.standing === 'lost';
  }

  /** Nobody will ever report from there: no machine of this id is known or alive. */
  isForgotten(machine: string): boolean {
    return !this.#remembered.has(machine);
  }

  /** It had a placement there when this plan began: what leaves a machine should not come back to it. */
  wasPlaced(unit: string, machine: string): boolean {
    return this.#original.has(join(unit, machine));
  }

  /** What the machine reports of the unit; nothing counts that a lost machine once said. */
  state(unit: string, machine: string): UnitState | undefined {
    return this.#states.get(unit)?.get(machine);
  }

  /** What machines report of the unit, by machine id. */
  statesOf(unit: string): [machine: string, state: UnitState][] {
    return [...(this.#states.get(unit) ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Notes a step about one unit and applies it. A step that changes nothing is not noted. */
  step(kind: DecisionKind, unit: string, machine: string, reason: string, puts: Put[]): void {
    const effective = puts.filter(([where, placement]) => {
      const present = this.world.placementsOf(unit).get(where);
      return !isSame(present, placement);
    });
    if (effective.length === 0) return;
    for (const [where, placement] of effective) {
      for (const earlier of this.#stepsOf.get(unit) ?? []) earlier.puts.delete(where);
      this.world.put(unit, where, placement, this.#occupies(unit, where, placement));
    }
    const step = { kind, unit, machine, reason, puts: new Map(effective) };
    this.#steps.push(step);
    this.#stepsOf.set(unit, [...(this.#stepsOf.get(unit) ?? []), step]);
  }

  decisions(): Decision[] {
    return this.#steps
      .map(({ kind, unit, machine, reason, puts }) => ({
        kind,
        unit,
        machine,
        reason,
        changes: [...puts].flatMap(([where, placement]) => this.#change(unit, where, placement)),
        requires: this.#requires(unit, [...puts.values()]),
      }))
      .filter(({ changes }) => changes.length > 0);
  }

  #change(unit: string, machine: string, placement: Placement | undefined): Change[] {
    const original = this.#original.get(join(unit, machine));
    if (isSame(original?.value, placement)) return [];
    return [
      {
        family: 'placements',
        ids: [machine, unit],
        value: placement ?? null,
        revision: original?.revision ?? 0,
      },
    ];
  }

  /** Whoever is told to run a unit is told so only while the record is the one that was decided about. */
  #requires(unit: string, placements: (Placement | undefined)[]): Requirement[] {
    const record = this.wanted.get(unit);
    if (!record || !placements.some((placement) => placement?.want === 'run')) return [];
    const { kind } = record.value;
    return [{ kind: 'unit-unchanged', unitKind: kind, unit, revision: record.revision }];
  }

  /** It runs there, or has not yet said that it stopped. */
  #occupies(unit: string, machine: string, placement: Placement | undefined): boolean {
    if (!placement) return false;
    return placement.want === 'run' || !hasLeft(placement, this.state(unit, machine));
  }
}

function remember<V>(index: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const known = index.get(key) ?? new Map<string, V>();
  index.set(key, known);
  return known;
}

const DOWN: readonly UnitPhase[] = ['stopped', 'failed', 'gone'];

/** Its machine says that it does not run and is not about to. */
export function isDown(state: UnitState | undefined): boolean {
  return state !== undefined && DOWN.includes(state.phase);
}

/** The agent has carried out `stop` or `gone`. */
export function hasLeft(placement: Placement, state: UnitState | undefined): boolean {
  if (placement.want === 'run') return false;
  return placement.want === 'stop' ? isDown(state) : state?.phase === 'gone';
}

function isSame(a: Placement | undefined, b: Placement | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.want === b.want && a.revision === b.revision && a.kind === b.kind && a.retiring === b.retiring
  );
}

function isRemembered({ machine, alive }: MachineRecord): boolean {
  return machine !== undefined || alive;
}

function viewOf({ machine, id, alive, verdict, orders, lost }: MachineRecord): MachineView {
  const isLost = verdict.kind === 'lost' || (lost !== undefined && !alive);
  return {
    id,
    name: machine?.name ?? id.slice(0, 8),
    metadata: machine?.metadata ?? {},
    capacity: machine?.capacity ?? { memory: 0, cpus: 0 },
    standing: isLost ? 'lost' : alive ? 'ready' : 'suspect',
    cordoned: orders.cordon,
    draining: orders.drain,
  };
}

/** A placement whose wanted unit is not there asks for nothing and counts for little. */
function unknownUnit(name: string): WantedUnit {
  return { name, kind: 'foreign', desired: 'launched', options: [], restarts: 0 };
}
