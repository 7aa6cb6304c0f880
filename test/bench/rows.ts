// What `npm run bench` measures. To add a row: here. Goals are those of docs/numbers.md.

import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { ROUTER_ROWS } from './router-rows.ts';
import type { Measure, Row } from './row.ts';

const root = dirname(dirname(import.meta.dirname));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function cliStart(args: string[]): Promise<Measure> {
  await Promise.resolve();
  const values: number[] = [];
  for (let run = 0; run < 12; run += 1) {
    const began = performance.now();
    spawnSync(join(root, 'bin/deisctl'), args, { stdio: 'ignore' });
    if (run >= 2) values.push((performance.now() - began) / 1000);
  }
  return { values, unit: 's' };
}

/** From the start of the write of one wanted unit to `active` in its reported state, on a machine of the scheduler's choice. */
async function submitToActive(): Promise<Measure> {
  const { platform } = await import('../whole/platform.ts');
  const { openCluster } = await import('../../src/cli/context.ts');
  const { keys } = await import('../../src/registry/keys.ts');
  const { put } = await import('../../src/registry/registry.ts');
  const { Mirror } = await import('../../src/registry/mirror.ts');
  const on = await platform();
  const cluster = await openCluster({ cluster: on.name });
  const stop = new AbortController();
  const states = new Mirror(keys.states);
  let wake = (): void => undefined;
  void states.start(cluster.registry.store, () => wake(), stop.signal);
  await states.ready();
  const values: number[] = [];
  const options = [{ section: 'Service', name: 'ExecStart', value: '/bin/sleep infinity' }];
  const write = (name: string, desired: 'launched' | 'gone') =>
    cluster.registry.commit(
      [],
      [put(keys.foreignUnits, [name], { name, kind: 'foreign', desired, options, restarts: 0 })],
      stop.signal,
    );
  for (let run = 0; run < 20; run += 1) {
    const name = `bench-${run}.service`;
    const active = new Promise<void>((resolve) => {
      wake = () => {
        const state = states.items().find(({ ids }) => ids[1] === name);
        if (state?.value.active === 'active') resolve();
      };
    });
    const began = performance.now();
    await write(name, 'launched');
    await active;
    values.push((performance.now() - began) / 1000);
    await pause(100);
  }
  await on.mustDeisctl('destroy', 'bench-*');
  stop.abort();
  cluster.close();
  return { values, unit: 's' };
}

/** Measured by requests to every router. */
async function publishToServed(): Promise<Measure> {
  const served = await import('./served.ts');
  return { values: await served.publishToServed(), unit: 's' };
}

/** `deis config:set` from start to end. */
async function configChange(): Promise<Measure> {
  const served = await import('./served.ts');
  return { values: await served.configChanges(), unit: 's' };
}

/** Deciding alone, without a store: 10,000 units over 1,000 simulated machines, from nothing. */
async function decideMany(): Promise<Measure> {
  const { decide, manyUnits } = await import('../scheduler/many-units.ts');
  const values: number[] = [];
  for (let run = 0; run < 5; run += 1) values.push(decide(manyUnits(10_000, 1000)).ms / 1000);
  return { values, unit: 's' };
}

/** Beyond `docker build` of the same change on the same machine. */
async function pushOverhead(): Promise<Measure> {
  const { pushOverheads } = await import('./push.ts');
  return { values: await pushOverheads(), unit: 's' };
}

type Asked = 'apps' | 'containers' | 'login';
const CONTROLLER_ROWS: readonly [Asked, string][] = [
  ['apps', 'GET apps'],
  ['containers', 'GET containers of an app with twenty'],
  ['login', 'logins'],
];

/** Two rows for each request: one measurement gives both. */
function controllerRows(what: Asked, words: string): Row[] {
  let measured: Promise<{ perSecond: number; p99: number }[]> | undefined;
  const figures = async () => {
    const { controllerFigures } = await import('../controller/load/bench.ts');
    return (measured ??= controllerFigures(what));
  };
  const common = { goal: 'none', machines: false };
  return [
    {
      ...common,
      name: `controller-${what}`,
      what: `${words}, answers per second with 50 clients`,
      measure: async () => ({
        values: (await figures()).map(({ perSecond }) => perSecond),
        unit: '1/s',
      }),
    },
    {
      ...common,
      name: `controller-${what}-p99`,
      what: `${words}, the slowest of a hundred answers with 50 clients`,
      measure: async () => ({ values: (await figures()).map(({ p99 }) => p99), unit: 'ms' }),
    },
  ];
}

export const ROWS: readonly Row[] = [
  {
    name: 'cli-version',
    what: 'deisctl --version',
    goal: '<= 0.2 s',
    machines: false,
    measure: () => cliStart(['--version']),
  },
  {
    name: 'cli-help',
    what: 'deisctl --help',
    goal: '<= 0.2 s',
    machines: false,
    measure: () => cliStart(['--help']),
  },
  {
    name: 'decide-many',
    what: 'placing 10,000 units over 1,000 machines decided',
    goal: '<= 5 s',
    machines: false,
    measure: decideMany,
  },
  ...ROUTER_ROWS,
  {
    name: 'submit-active',
    what: 'one unit submitted until it is active',
    goal: '<= 0.2 s median',
    machines: true,
    measure: submitToActive,
  },
  {
    name: 'publish-served',
    what: 'an upstream published until every router serves it',
    goal: 'p99 <= 1 s',
    machines: true,
    measure: publishToServed,
  },
  {
    name: 'config-change',
    what: 'config:set of an app with three containers until the new release is live',
    goal: '<= 5 s and its own start',
    machines: true,
    measure: configChange,
  },
  {
    name: 'push-overhead',
    what: 'a changed Dockerfile app pushed until it is live, less `docker build` alone',
    goal: '<= 10 s',
    machines: true,
    measure: pushOverhead,
  },
  ...CONTROLLER_ROWS.flatMap(([what, words]) => controllerRows(what, words)),
];
