// Pictures of a cluster for tests: short to write, complete to decide from; and decisions read as sentences.

import type { Placement } from '../../src/model/cluster.ts';
import type { UnitOption, UnitState, WantedUnit } from '../../src/model/unit.ts';
import type { Decision } from '../../src/scheduler/decision.ts';
import type { ClusterSnapshot, MachineRecord, Revised } from '../../src/scheduler/snapshot.ts';

export const GB = 1024 ** 3;

export interface MachinePicture {
  metadata?: Record<string, string>;
  memory?: number;
  cordon?: boolean;
  drain?: boolean;
  /** It is being shut down. */
  leaving?: boolean;
  alive?: boolean;
  /** Declared lost already. */
  lost?: boolean;
  /** To be declared lost now. */
  losing?: boolean;
  forgotten?: boolean;
}

export interface UnitPicture {
  desired?: WantedUnit['desired'];
  revision?: number;
  /** `[X-Fleet]` lines: `Conflicts=a@*.service`. */
  fleet?: string[];
  /** `[X-Deis]` lines. */
  deis?: string[];
  /** `[Service]` lines. */
  service?: string[];
  routed?: boolean;
  memory?: number;
}

export interface Picture {
  machines?: Record<string, MachinePicture>;
  units?: Record<string, UnitPicture>;
  /** `'web.service m1': {want: 'run'}`. */
  placements?: Record<string, Partial<Placement>>;
  states?: Record<string, Partial<UnitState>>;
  /** `'app unit': 'host:port'`. */
  services?: Record<string, string>;
  routers?: Record<string, number>;
  wish?: string;
  brake?: string;
  refused?: number;
}

export function machineRecord(name: string, picture: MachinePicture = {}): MachineRecord {
  const { metadata = {}, memory = 8 * GB, cordon = false, drain = false } = picture;
  const { lost = false, losing = false, forgotten = false } = picture;
  const alive = picture.alive ?? !(lost || losing || forgotten);
  const number = Number(/\d+$/.exec(name)?.[0] ?? 1);
  const machine = {
    id: name,
    name,
    ip: `10.0.${Math.floor(number / 250)}.${number % 250}`,
    metadata,
    capacity: { memory, cpus: 4 },
    api: `10.0.0.${number}:7600`,
    bootId: 'b',
    versions: { deisd: '0', systemd: 252, engine: '20' },
    ...(picture.leaving && { leaving: true }),
  };
  return {
    id: name,
    machine: forgotten ? undefined : machine,
    alive,
    verdict: losing
      ? { kind: 'lost', reason: 'it is silent' }
      : { kind: alive ? 'ready' : 'suspect' },
    orders: { cordon, drain },
    ...(lost ? { lost: { revision: 5, value: { since: 'before', reason: 'it was silent' } } } : {}),
  };
}

const lines = (section: string, texts: string[] = []): UnitOption[] =>
  texts.map((text) => {
    const [name, ...value] = text.split('=');
    return { section, name: name!, value: value.join('=') };
  });

export function wantedUnit(name: string, picture: UnitPicture = {}): Revised<WantedUnit> {
  const { desired = 'launched', revision = 10, fleet, deis, service, routed, memory } = picture;
  const app = /^([a-z-]+)_v(\d+)\.([a-z]+)\.(\d+)\.service$/.exec(name);
  const options = [
    ...lines('Service', service),
    ...lines('X-Fleet', fleet),
    ...lines('X-Deis', deis),
  ];
  const kind = app ? 'app' : name.startsWith('deis-') ? 'platform' : 'foreign';
  const unit: WantedUnit = { name, kind, desired, options, restarts: 0 };
  if (app) {
    unit.process = {
      app: app[1]!,
      release: Number(app[2]),
      type: app[3]!,
      num: Number(app[4]),
      image: 'image',
      command: null,
      config: 'c',
      routed: routed ?? false,
      port: null,
      check: { initialDelay: 0, timeout: 1, interval: 2, failures: 2 },
      ...(memory === undefined ? {} : { memory }),
      stopTimeout: 10,
      drainTimeout: 10,
    };
  }
  return { value: unit, revision };
}

export function unitState(state: Partial<UnitState> = {}): UnitState {
  return {
    load: 'loaded',
    active: 'active',
    sub: 'running',
    phase: 'running',
    health: 'none',
    revision: 10,
    hash: '',
    restarts: 0,
    crashes: 0,
    since: 0,
    ...state,
  };
}

/** Unlisted: all machines ready, all units launched at revision 10, all placements run that revision at revision 20. */
export function snapshotOf(picture: Picture): ClusterSnapshot {
  const pair = (text: string): [string, string] => text.split(' ') as [string, string];
  return {
    now: '2026-01-01T00:00:00.000Z',
    units: Object.entries(picture.units ?? {}).map(([name, unit]) => wantedUnit(name, unit)),
    machines: Object.entries(picture.machines ?? { m1: {}, m2: {}, m3: {} }).map(
      ([name, machine]) => machineRecord(name, machine),
    ),
    placements: Object.entries(picture.placements ?? {}).map(([key, placement]) => {
      const [unit, machine] = pair(key);
      const kind = wantedUnit(unit).value.kind;
      const rest = { want: 'run' as const, revision: 10, kind, retiring: false, reason: 'before' };
      return { unit, machine, revision: 20, value: { ...rest, ...placement } };
    }),
    states: Object.entries(picture.states ?? {}).map(([key, state]) => {
      const [unit, machine] = pair(key);
      return { unit, machine, value: unitState(state) };
    }),
    services: Object.entries(picture.services ?? {}).map(([key, address]) => {
      const [app, unit] = pair(key);
      return { app, unit, address, revision: 30 };
    }),
    routers: Object.entries(picture.routers ?? {}).map(([machine, endpoints]) => ({
      machine,
      endpoints,
    })),
    unschedulable: [],
    status: [],
    ...(picture.wish === undefined ? {} : { wish: picture.wish }),
    ...(picture.brake === undefined ? {} : { brake: picture.brake }),
    refused: picture.refused ?? 0,
  };
}

/** `move web.service to m2: …`. */
export function sentence({ kind, unit, machine, reason }: Decision): string {
  const where = machine === undefined ? '' : ` ${machine}`;
  return `${kind}${unit === undefined ? '' : ` ${unit}`}${where}: ${reason}`;
}

/** What becomes of the placement keys: `web.service m2: run`, `… m1: run, retiring`, `… m1: deleted`. */
export function placementChanges(decisions: Decision[]): string[] {
  return decisions.flatMap(({ changes }) =>
    changes.flatMap(({ family, ids, value }) => {
      if (family !== 'placements') return [];
      const what = value ? `${value.want}${value.retiring ? ', retiring' : ''}` : 'deleted';
      return [`${ids[1]!} ${ids[0]!}: ${what}`];
    }),
  );
}
