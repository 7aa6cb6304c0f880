// A store in memory with machines in it, for tests of the running scheduler; and a log that remembers.

import { memoryStore, type MemoryStore } from '../../src/adapters/memory-store.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Log, LogFields } from '../../src/ports/log.ts';
import type { Write } from '../../src/ports/store.ts';
import { keys } from '../../src/registry/keys.ts';
import { put, Registry, remove } from '../../src/registry/registry.ts';
import { machineRecord, type UnitPicture, unitState, wantedUnit } from './picture.ts';

export interface ToyCluster {
  store: MemoryStore;
  registry: Registry;
  /** `placed unit=web.service machine=m1 …`, in order. */
  told: string[];
  log: Log;
  write(...writes: Write[]): Promise<number>;
  submit(units: Record<string, UnitPicture>): Promise<void>;
  silence(machine: string): Promise<void>;
  revive(machine: string): Promise<void>;
  /** `web.service m1: run`, sorted. */
  placements(): Promise<string[]>;
  revision(): Promise<number>;
}

const never = new AbortController().signal;

export async function toyCluster(machines: string[], clock: Clock = systemClock) {
  const store = memoryStore({ clock });
  const registry = new Registry(store);
  const told: string[] = [];
  const write = async (...writes: Write[]): Promise<number> => {
    let revision = 0;
    for (let from = 0; from < writes.length; from += 100) {
      const batch = writes.slice(from, from + 100);
      ({ revision } = await registry.commit([], batch, never));
    }
    return revision;
  };
  const alive = (machine: string): Write =>
    put(keys.alive, [machine], { session: 's', since: 'before' });
  const cluster: ToyCluster = {
    store,
    registry,
    told,
    log: logTo(told),
    write,
    async submit(units) {
      const records = Object.entries(units).map(([name, unit]) => wantedUnit(name, unit).value);
      await write(
        ...records.map((unit) => put(keys.foreignUnits, [unit.name], { ...unit, kind: 'foreign' })),
      );
    },
    silence: async (machine) => void (await write(remove(keys.alive, [machine]))),
    revive: async (machine) => void (await write(alive(machine))),
    async placements() {
      const { items } = await registry.list(keys.placements, [], never);
      return items.map(({ ids, value }) => `${ids[1]!} ${ids[0]!}: ${value.want}`).toSorted();
    },
    async revision() {
      return (await store.identity(never)).revision;
    },
  };
  for (const name of machines) {
    await write(put(keys.machines, [name], machineRecord(name).machine!), alive(name));
  }
  return cluster;
}

/** What the agents of all machines would report: everything as it is wanted. */
export async function agentsReport(cluster: ToyCluster): Promise<void> {
  const { items } = await cluster.registry.list(keys.placements, [], never);
  await cluster.write(
    ...items.map(({ ids, value }) => {
      const down = { active: 'inactive', sub: 'dead' } as const;
      const phase = value.want === 'gone' ? ('gone' as const) : ('stopped' as const);
      const state = value.want === 'run' ? {} : { ...down, phase };
      return put(keys.states, ids, unitState({ revision: value.revision, ...state }));
    }),
  );
}

function logTo(told: string[], base: LogFields = {}): Log {
  const tell = (event: string, fields: LogFields = {}): void => {
    const all = Object.entries({ ...base, ...fields }).filter(([, value]) => value !== undefined);
    told.push([event, ...all.map(([name, value]) => `${name}=${value}`)].join(' '));
  };
  return {
    debug: tell,
    info: tell,
    warn: tell,
    error: tell,
    with: (fields) => logTo(told, { ...base, ...fields }),
  };
}
