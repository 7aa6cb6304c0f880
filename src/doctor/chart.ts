// The facts as checks ask for them: by name, by machine, by unit. And how remedies are spelled on this cluster.

import type { Examination } from '../model/examination.ts';
import { platformUnitName } from '../model/ids.ts';
import type { UnitState, WantedUnit } from '../model/unit.ts';
import { type Facts, isHeard, type MachineFact, type Records } from './facts.ts';

const NOTHING: Records = {
  machines: [],
  alive: [],
  lost: {},
  orders: {},
  wanted: [],
  states: [],
  placements: [],
  unschedulable: {},
  routersAlive: [],
  applied: {},
  upstreams: [],
  apps: [],
  deployments: [],
  domains: [],
  certificates: [],
  domain: '',
  subdomain: 'deis',
  malformed: [],
};

export class Chart {
  readonly facts: Facts;
  /** Empty families when the store cannot be read. */
  readonly records: Records;
  /** Machines that somebody hears, so that what is silent on them has another reason. */
  readonly heard: MachineFact[];

  constructor(facts: Facts) {
    this.facts = facts;
    this.records = facts.records ?? NOTHING;
    this.heard = facts.machines.filter((machine) => this.isHeard(machine));
  }

  /** From here, or by another machine. */
  isHeard({ ip, tried, door }: MachineFact): boolean {
    if (door.kind !== 'unreachable' || tried.some(({ reach }) => isHeard(reach))) return true;
    return this.facts.machines.some(({ examination }) =>
      examination?.reach.some(({ address, reach }) => hostOf(address) === ip && isHeard(reach)),
    );
  }

  /** What machines found when they examined themselves. */
  examined(): Examination[] {
    return this.facts.machines.flatMap(({ name, examination }) =>
      examination ? { ...examination, name } : [],
    );
  }

  nameOf(id: string): string {
    return (
      this.facts.machines.find((machine) => machine.id === id)?.name ??
      this.records.machines.find((machine) => machine.id === id)?.name ??
      id
    );
  }

  machineAt(ip: string): MachineFact | undefined {
    return this.facts.machines.find((machine) => machine.ip === ip);
  }

  machine(name: string): MachineFact | undefined {
    return this.facts.machines.find((machine) => machine.name === name);
  }

  statesOf(unit: string): { machine: string; state: UnitState }[] {
    return this.records.states
      .filter((row) => row.unit === unit)
      .map(({ machine, state }) => ({ machine: this.nameOf(machine), state }));
  }

  /** Names of the machines that are to run it. */
  placesOf(unit: string): string[] {
    return this.records.placements
      .filter((row) => row.unit === unit && row.placement.want === 'run')
      .map(({ machine }) => this.nameOf(machine));
  }

  /** Where it is, or should be. */
  machinesOf(unit: string): string[] {
    const places = this.placesOf(unit);
    return places.length > 0 ? places : this.statesOf(unit).map(({ machine }) => machine);
  }

  launched(): WantedUnit[] {
    return this.records.wanted.filter(({ desired }) => desired === 'launched');
  }

  componentUnits(component: string): WantedUnit[] {
    const one = platformUnitName(component);
    return this.records.wanted.filter(
      ({ name, kind }) =>
        kind === 'platform' && (name === one || name.startsWith(`deis-${component}@`)),
    );
  }

  /** A command for deisctl, about this cluster. */
  deisctl(words: string): string {
    const { way } = this.facts;
    const other = way.kind === 'local' && way.cluster !== 'deis';
    return other ? `deisctl -C ${way.cluster} ${words}` : `deisctl ${words}`;
  }

  /** A command on a machine, as root; `script` is for a shell and has no single quotes. */
  on(machine: string, script: string): string {
    const { way } = this.facts;
    const plain = /^[\w@%+=:,./ -]+$/.test(script);
    if (way.kind === 'local') {
      const words = plain ? script : `sh -c '${script}'`;
      return `deisctl local exec ${this.#clusterFlag()}${machine} -- ${words}`;
    }
    // The machine's shell gets the words with blanks between them: what is for another shell keeps its quotes.
    const asRoot = plain ? `sudo ${script}` : `sudo sh -c \\''${script}'\\'`;
    const words = way.isRoot ? (plain ? script : `'${script}'`) : asRoot;
    // deisctl finds machines in the store.
    if (this.facts.records && this.facts.stale !== true) return `deisctl ssh ${machine} ${words}`;
    const ip = this.machine(machine)?.ip ?? machine;
    const through = way.jump && way.jump.host !== ip ? `-J ${way.jump.address} ` : '';
    return `ssh ${through}${way.user}@${ip} ${words}`;
  }

  /** Only of a local cluster: `deisctl local <words>`. */
  local(words: string): string {
    const [verb, ...rest] = words.split(' ');
    return `deisctl local ${verb} ${this.#clusterFlag()}${rest.join(' ')}`.trimEnd();
  }

  get isLocal(): boolean {
    return this.facts.way.kind === 'local';
  }

  #clusterFlag(): string {
    const { way } = this.facts;
    return way.kind === 'local' && way.cluster !== 'deis' ? `--name=${way.cluster} ` : '';
  }
}

export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

/** `deis-router@1.service` → `router@1`, `hello_v2.web.1.service` → `hello_v2.web.1`: as deisctl takes them. */
export function shortUnit(unit: string): string {
  return unit.replace(/\.service$/, '').replace(/^deis-/, '');
}

/** `a`, `a and b`, `a, b and c`. */
export function enumerate(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
