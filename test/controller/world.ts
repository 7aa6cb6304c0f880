// A cluster that is not there: scheduler, agents and routers as small doubles which react on wanted units as the real ones do.

import { memoryStore } from '../../src/adapters/memory-store.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { isServing, type UnitState, type WantedUnit } from '../../src/model/unit.ts';
import { keys } from '../../src/registry/keys.ts';
import { Mirror } from '../../src/registry/mirror.ts';
import { type Held, Registry, put, remove } from '../../src/registry/registry.ts';

/** How containers of a unit whose name matches behave. */
export type Behaviour =
  'well' | 'crashes' | 'never-healthy' | 'unschedulable' | 'never-stops' | 'crashes-on-restart';

export interface PretendCluster {
  registry: Registry;
  store: ReturnType<typeof memoryStore>;
  /** First match wins. */
  behave(pattern: RegExp, behaviour: Behaviour): void;
  /** Routers confirm nothing any more. */
  freezeRouters(frozen: boolean): void;
  /** Units that serve now, by name. */
  serving(): string[];
  /** After every change: the smallest number of serving units of the app that was ever seen since the last call. */
  fewestServing(app: string): number;
  /** Declares a machine lost, as the scheduler's leader does. */
  lose(machine: string): Promise<void>;
  stop(): Promise<void>;
}

const MACHINES = ['m1', 'm2', 'm3'];
/** What a container needs to start or to stop, ms. */
const STEP_MS = 15;

export async function pretendCluster(store = memoryStore()): Promise<PretendCluster> {
  const registry = new Registry(store.connect());
  const end = new AbortController();
  const signal = end.signal;
  const wanted = new Mirror(keys.appUnits);
  const states = new Mirror(keys.states);
  const rules: { pattern: RegExp; behaviour: Behaviour }[] = [];
  const fewest = new Map<string, number>();
  const busy = new Map<string, Promise<void>>();
  const dead = new Set<string>();
  let frozen = false;
  let turn = 0;

  const behaviourOf = (unit: string): Behaviour =>
    rules.find(({ pattern }) => pattern.test(unit))?.behaviour ?? 'well';
  const write = async (...writes: Parameters<Registry['commit']>[1]): Promise<number> =>
    (await registry.commit([], writes, signal)).revision;
  const machineOf = new Map<string, string>();

  const report = (
    unit: Held<WantedUnit>,
    machine: string,
    some: Partial<UnitState>,
  ): Promise<number> => {
    const state: UnitState = {
      load: 'loaded',
      active: 'activating',
      sub: 'start',
      phase: 'starting',
      health: 'unknown',
      revision: unit.modRevision,
      hash: '',
      restarts: unit.value.restarts,
      crashes: 0,
      since: Date.now(),
      address: '10.0.0.1:20000',
      containerId: `${unit.value.name}-${unit.value.restarts}`,
      ...some,
    };
    return write(put(keys.states, [machine, unit.value.name], state));
  };

  const run = async (unit: Held<WantedUnit>, machine: string): Promise<void> => {
    const { name, process, restarts } = unit.value;
    const behaviour = behaviourOf(name);
    await report(unit, machine, {});
    await systemClock.sleep(STEP_MS, signal);
    if (behaviour === 'crashes' || (behaviour === 'crashes-on-restart' && restarts > 0)) {
      await report(unit, machine, { crashes: 3, exitCode: 7, message: 'exit code 7' });
    } else if (behaviour === 'never-healthy') {
      await report(unit, machine, { active: 'active', sub: 'running', phase: 'running' });
    } else {
      const up: Partial<UnitState> = { active: 'active', sub: 'running', phase: 'running' };
      if (!process?.routed) await report(unit, machine, { ...up, health: 'none' });
      else {
        const published = await write(put(keys.services, [process.app, name], '10.0.0.1:20000'));
        await report(unit, machine, { ...up, health: 'healthy', published });
      }
    }
  };

  const halt = async (unit: Held<WantedUnit>, machine: string): Promise<void> => {
    await write(remove(keys.services, [unit.value.process!.app, unit.value.name]));
    await report(unit, machine, { active: 'deactivating', phase: 'draining' });
    await systemClock.sleep(STEP_MS, signal);
  };

  /** What scheduler and agent together do about one unit. */
  const care = async (name: string): Promise<void> => {
    for (;;) {
      const unit = wanted.get(name);
      if (!unit || signal.aborted) return;
      const machine = machineOf.get(name);
      const known = machine === undefined ? undefined : states.get(machine, name);
      if (unit.value.desired === 'gone') {
        if (machine === undefined || dead.has(machine)) return;
        if (behaviourOf(name) === 'never-stops') return;
        await halt(unit, machine);
        machineOf.delete(name);
        await write(remove(keys.states, [machine, name]), remove(keys.placements, [machine, name]));
        return;
      }
      if (behaviourOf(name) === 'unschedulable') {
        await write(
          put(keys.unschedulable, [name], { reason: 'no machine matches', machines: {} }),
        );
        return;
      }
      if (machine === undefined) {
        const chosen = MACHINES.filter((id) => !dead.has(id))[
          turn++ % (MACHINES.length - dead.size)
        ]!;
        machineOf.set(name, chosen);
        const placement = {
          want: 'run',
          revision: unit.modRevision,
          kind: 'app',
          retiring: false,
          reason: 'x',
        } as const;
        await write(put(keys.placements, [chosen, name], placement));
        await run(unit, chosen);
      } else if (known && known.value.restarts < unit.value.restarts) {
        await halt(unit, machine);
        await run(unit, machine);
      } else return;
      if (wanted.get(name)?.modRevision === unit.modRevision) return;
    }
  };

  const look = (): void => {
    for (const { value } of wanted.items()) {
      if (busy.has(value.name)) continue;
      const job = care(value.name)
        .catch((error: unknown) => {
          if (!signal.aborted) throw error;
        })
        .finally(() => {
          busy.delete(value.name);
        });
      busy.set(value.name, job);
    }
    const counts = new Map<string, number>();
    for (const { ids, value } of states.items()) {
      const app = ids[1]!.split('_v')[0]!;
      if (isServing(value) && value.published !== undefined)
        counts.set(app, (counts.get(app) ?? 0) + 1);
    }
    for (const [app, count] of fewest) fewest.set(app, Math.min(count, counts.get(app) ?? 0));
  };

  const watches = [wanted.start(store, look, signal), states.start(store, look, signal)];
  for (const id of MACHINES) {
    await write(
      put(keys.machines, [id], {
        id,
        name: `name-${id}`,
        ip: '10.0.0.1',
        metadata: { rack: id.slice(1), disk: 'ssd' },
        api: '',
        bootId: '',
        capacity: { memory: 8 * 1024 ** 3, cpus: 4 },
        versions: { deisd: '', systemd: 252, engine: '' },
      }),
    );
  }
  await write(
    put(keys.routerAlive, ['m1'], {
      machine: 'm1',
      unit: 'deis-router@1.service',
      ip: '',
      session: 's',
    }),
  );
  const services = new Mirror(keys.services);
  let confirming = Promise.resolve();
  /** One after the other, so that an older revision never overwrites a newer one. */
  const confirm = (): void => {
    confirming = confirming.then(async () => {
      if (frozen || signal.aborted) return;
      const applied = { endpoints: services.revision, files: 0, refused: {}, busy: {} };
      await write(put(keys.routerApplied, ['m1'], applied)).catch(() => undefined);
    });
  };
  watches.push(services.start(store, confirm, signal));
  await Promise.all([wanted.ready(), states.ready(), services.ready()]);
  const ticker = setInterval(look, 20);

  return {
    registry: new Registry(store),
    store,
    behave: (pattern, behaviour) => void rules.unshift({ pattern, behaviour }),
    freezeRouters: (to) => {
      frozen = to;
      confirm();
    },
    serving: () =>
      states
        .items()
        .filter(({ value }) => isServing(value))
        .map(({ ids }) => ids[1]!)
        .sort(),
    fewestServing: (app) => {
      const seen = fewest.get(app) ?? Infinity;
      fewest.set(app, Infinity);
      return seen;
    },
    lose: async (machine) => {
      dead.add(machine);
      const gone = states.items().filter(({ ids }) => ids[0] === machine);
      await write(
        put(keys.lost, [machine], { since: '', reason: 'test' }),
        ...gone.map(({ ids }) => remove(keys.states, ids)),
      );
    },
    stop: async () => {
      clearInterval(ticker);
      end.abort();
      await Promise.allSettled([...watches, ...busy.values()]);
    },
  };
}
