// The machines and what is on them, as the decisions so far have it: the scratch paper of one plan.

import { bytesOn } from '../model/capacity.ts';
import type { Placement } from '../model/cluster.ts';
import type { MachineView, Occupancy } from '../model/constraints.ts';
import type { Demand } from '../model/requirements.ts';
import type { Spread } from './spread.ts';

interface Room {
  units: Map<string, Demand>;
  picky: Map<string, Demand>;
  /** Bytes reserved. */
  memory: number;
  /** Bytes and cpus that count when machines are compared. */
  weight: { memory: number; cpus: number };
}

/** A unit without limits is not without weight: else all of them would end up beside each other. */
const LEAST_WEIGHT = { memory: 64 * 1024 ** 2, cpus: 0.02 };
/** A machine that does not say how big it is. */
const UNKNOWN_SIZE = { memory: 4 * 1024 ** 3, cpus: 2 };

/** A unit as the world needs it. */
export interface Tenant {
  demand: Demand;
  spread: Spread;
}

const isHome = (placement: Placement | undefined): boolean =>
  placement?.want === 'run' && !placement.retiring;

/** Placements on machines that are not known are kept too, but nothing is counted for them. */
export class World implements Occupancy {
  /** Sorted by id. */
  readonly machines: readonly MachineView[];
  readonly #positions: ReadonlyMap<string, number>;
  readonly #rooms: Room[];
  readonly #loads: Float64Array;
  readonly #homes: Int32Array;
  readonly #groups = new Map<string, Map<number, number>>();
  readonly #placements = new Map<string, Map<string, Placement>>();
  readonly #tenant: (unit: string) => Tenant;

  constructor(machines: readonly MachineView[], tenant: (unit: string) => Tenant) {
    this.machines = machines.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    this.#positions = new Map(this.machines.map(({ id }, position) => [id, position]));
    this.#rooms = this.machines.map(() => ({
      units: new Map(),
      picky: new Map(),
      memory: 0,
      weight: { memory: 0, cpus: 0 },
    }));
    this.#loads = new Float64Array(this.#rooms.length);
    this.#homes = new Int32Array(this.#rooms.length);
    this.#tenant = tenant;
  }

  machine(id: string): MachineView | undefined {
    const position = this.#positions.get(id);
    return position === undefined ? undefined : this.machines[position];
  }

  /** A name for sentences. */
  nameOf(id: string): string {
    return this.machine(id)?.name ?? id.slice(0, 8);
  }

  placementsOf(unit: string): ReadonlyMap<string, Placement> {
    return this.#placements.get(unit) ?? NONE;
  }

  /** `occupies`: it runs there or is still leaving. Undefined deletes. */
  put(unit: string, machine: string, placement: Placement | undefined, occupies: boolean): void {
    const mine = this.#placements.get(unit) ?? new Map<string, Placement>();
    this.#placements.set(unit, mine);
    const wasHome = isHome(mine.get(machine));
    if (placement) mine.set(machine, placement);
    else mine.delete(machine);
    const position = this.#positions.get(machine);
    if (position === undefined) return;
    const tenant = this.#tenant(unit);
    this.#occupy(position, tenant, unit, occupies);
    const change = Number(isHome(placement)) - Number(wasHome);
    if (change !== 0) this.#count(position, tenant.spread, change);
  }

  #occupy(position: number, { demand }: Tenant, unit: string, on: boolean): void {
    const room = this.#rooms[position]!;
    const { capacity } = this.machines[position]!;
    if (room.units.has(unit) === on) return;
    const sign = on ? 1 : -1;
    const bytes = bytesOn(demand.reserved, capacity.memory);
    room.memory += sign * bytes;
    room.weight.memory += sign * Math.max(bytes, LEAST_WEIGHT.memory);
    room.weight.cpus += sign * Math.max(demand.reserved.cpus, LEAST_WEIGHT.cpus);
    this.#loads[position] = Math.max(
      room.weight.memory / (capacity.memory || UNKNOWN_SIZE.memory),
      room.weight.cpus / (capacity.cpus || UNKNOWN_SIZE.cpus),
    );
    if (!on) {
      room.units.delete(unit);
      room.picky.delete(unit);
      return;
    }
    room.units.set(unit, demand);
    if (demand.conflicts.length > 0 || demand.replaces.length > 0) room.picky.set(unit, demand);
  }

  #count(position: number, { group, wider }: Spread, change: number): void {
    this.#homes[position]! += change;
    for (const name of [group, wider]) {
      if (name === undefined) continue;
      const counts = this.#groups.get(name) ?? new Map<number, number>();
      this.#groups.set(name, counts);
      counts.set(position, (counts.get(position) ?? 0) + change);
    }
  }

  /** Does any unit on any machine name patterns of others? */
  get isAnyPicky(): boolean {
    return this.#rooms.some(({ picky }) => picky.size > 0);
  }

  on(machine: string): ReadonlyMap<string, Demand> {
    return this.#room(machine)?.units ?? NO_DEMANDS;
  }

  picky(machine: string): ReadonlyMap<string, Demand> {
    return this.#room(machine)?.picky ?? NO_DEMANDS;
  }

  memory(machine: string): number {
    return this.#room(machine)?.memory ?? 0;
  }

  isHome(unit: string, machine: string): boolean {
    return isHome(this.#placements.get(unit)?.get(machine));
  }

  homesOf(unit: string): string[] {
    return [...this.placementsOf(unit)].filter(([, it]) => isHome(it)).map(([machine]) => machine);
  }

  /** How many of a spread group are at home, per position in `machines`; absent means none. */
  countsOf(group: string | undefined): ReadonlyMap<number, number> {
    return (group === undefined ? undefined : this.#groups.get(group)) ?? NO_COUNTS;
  }

  /** Share of the machine that is taken, by memory or by cpus, whichever is more. */
  loadAt(position: number): number {
    return this.#loads[position]!;
  }

  /** Units at home there. */
  homesAt(position: number): number {
    return this.#homes[position]!;
  }

  positionOf(machine: string): number | undefined {
    return this.#positions.get(machine);
  }

  #room(machine: string): Room | undefined {
    const position = this.#positions.get(machine);
    return position === undefined ? undefined : this.#rooms[position];
  }
}

const NONE: ReadonlyMap<string, Placement> = new Map();
const NO_DEMANDS: ReadonlyMap<string, Demand> = new Map();
const NO_COUNTS: ReadonlyMap<number, number> = new Map();
