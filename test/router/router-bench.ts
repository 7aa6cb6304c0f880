// A whole router of a test: real nginx, the store in memory, upstreams on loopback.

import { keys } from '../../src/registry/keys.ts';
import { type Applied } from '../../src/model/route.ts';
import { put, Registry, remove } from '../../src/registry/registry.ts';
import { type MemoryStore, memoryStore } from '../../src/adapters/memory-store.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { fileTemplates } from '../../src/adapters/templates.ts';
import { aesVault } from '../../src/adapters/vault.ts';
import type { RouterOptions } from '../../src/router/assemble.ts';
import { runRouter } from '../../src/router/router.ts';
import { keptLog, type KeptLog } from '../adapters/quiet-log.ts';
import { type Bench, freePort, makeBench } from './nginx-bench.ts';

export const MACHINE = '0123456789abcdef0123456789abcdef';

export interface RouterBench extends Bench {
  store: MemoryStore;
  /** What a person or an agent does in the store; not touched by breaking the router's own connection. */
  world: Registry;
  ssh: number;
  log: KeptLog;
  /** Starts the router (again); the answer ends it and resolves when it has left. */
  run: (change?: Partial<RouterOptions>) => () => Promise<void>;
  publish: (group: string, unit: string, address: string) => Promise<number>;
  withdraw: (group: string, unit: string) => Promise<number>;
  set: (component: string, setting: string, value: string) => Promise<number>;
  applied: () => Promise<Applied | undefined>;
}

/** The platform key of tests. */
export const vault = aesVault(Buffer.alloc(32, 7).toString('base64'));

const never = new AbortController().signal;

export async function makeRouter(teardown: (what: () => unknown) => void): Promise<RouterBench> {
  const bench = await makeBench(teardown);
  const own = memoryStore();
  const world = new Registry(own.connect());
  const ssh = await freePort();
  const log = keptLog();
  const options: RouterOptions = {
    registry: new Registry(own),
    vault,
    web: bench.nginx,
    templates: fileTemplates,
    clock: systemClock,
    log,
    machine: { id: MACHINE, ip: '127.0.0.1' },
    unit: 'deis-router@1.service',
    state: bench.prefix,
    listen: {
      http: `127.0.0.1:${bench.http}`,
      https: `127.0.0.1:${bench.https}`,
      health: `127.0.0.1:${bench.health}`,
      ssh: `127.0.0.1:${ssh}`,
    },
    deisdPort: 1,
    times: { storeMs: 1000, closingMs: 300, patienceMs: 5000 },
  };
  const write = async (...writes: Parameters<Registry['commit']>[1]): Promise<number> =>
    (await world.commit([], writes, never)).revision;
  const running: (() => Promise<void>)[] = [];
  teardown(() => Promise.all(running.map((end) => end())));
  return {
    ...bench,
    store: own,
    world,
    ssh,
    log,
    run: (change = {}) => {
      const stop = new AbortController();
      const ended = runRouter({ ...options, ...change }, stop.signal);
      const end = (): Promise<void> => {
        stop.abort(new Error('the test is over'));
        return ended;
      };
      running.push(end);
      return end;
    },
    publish: (group, unit, address) => write(put(keys.services, [group, unit], address)),
    withdraw: (group, unit) => write(remove(keys.services, [group, unit])),
    set: (component, setting, value) => write(put(keys.settings, [component, setting], value)),
    applied: async () => (await world.get(keys.routerApplied, [MACHINE], never))?.value,
  };
}
