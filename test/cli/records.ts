// Records for tests of the command lines: complete, with what a test cares about on top.

import type { Machine } from '../../src/model/cluster.ts';
import type { UnitState, WantedUnit } from '../../src/model/unit.ts';

export function unitState(given: Partial<UnitState> = {}): UnitState {
  return {
    load: 'loaded',
    active: 'active',
    sub: 'running',
    phase: 'running',
    health: 'none',
    revision: 1,
    hash: '',
    restarts: 0,
    crashes: 0,
    since: 0,
    ...given,
  };
}

export function wantedUnit(name: string, given: Partial<WantedUnit> = {}): WantedUnit {
  return { name, kind: 'platform', desired: 'launched', options: [], restarts: 0, ...given };
}

/** `m(1)` is deis-1 at 10.77.0.11. */
export function machine(number: number, given: Partial<Machine> = {}): Machine {
  return {
    id: `${number}`.repeat(32).slice(0, 32),
    name: `deis-${number}`,
    ip: `10.77.0.${10 + number}`,
    metadata: {},
    capacity: { memory: 2 ** 31, cpus: 2 },
    api: `10.77.0.${10 + number}:7600`,
    bootId: 'b',
    versions: { deisd: 'dev', systemd: 252, engine: '20.10' },
    ...given,
  };
}
