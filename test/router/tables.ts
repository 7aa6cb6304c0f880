// A large table of routes, all the way: planned, brought to a running nginx, served; and a fresh nginx that begins with it.

import { planRoutes, type Snapshot } from '../../src/router/plan.ts';
import type { Routes } from '../../src/ports/web-server.ts';
import { get } from './http.ts';
import { makeBench, NO_ROUTES, startUpstream } from './nginx-bench.ts';

const DOMAINS = 5;

/** Apps with five domains and three containers each; the last container of each app is `address`. */
function snapshotOf(apps: number, address: string): Snapshot {
  const ids = Array.from({ length: apps }, (_, index) => `app-${index}`);
  const containers = (id: string, index: number) =>
    [1, 2].map((one) => ({
      group: id,
      unit: `${id}_v1.web.${one}`,
      address: `10.${one}.${index >> 8}.${index & 255}:20000`,
    }));
  return {
    world: {
      domain: 'test',
      subdomain: 'deis',
      services: ids.flatMap((id, index) => [
        ...containers(id, index),
        { group: id, unit: `${id}_v1.web.3`, address },
      ]),
    },
    apps: ids.map((id) => ({ id, owner: 'ann' })),
    domains: ids.flatMap((id) =>
      Array.from({ length: DOMAINS }, (_, one) => ({
        domain: `www${one}.${id}.example.org`,
        app: id,
        owner: 'ann',
      })),
    ),
    routing: new Map(),
    settings: {},
    offers: [],
    challenges: {},
    now: 0,
  };
}

export interface TableTimes {
  /** All in ms. */
  plan: number;
  commit: number;
  /** From the commit to the answer of the first request, which makes a worker read the table. */
  served: number;
  /** A fresh nginx: tested, started, its workers there. */
  start: number;
  /** Answer of the first request to it. */
  first: number;
}

/** Machines of the other containers do not answer, as after a loss: marked, so that only ours is chosen. */
function routesOf(apps: number, address: string): Routes {
  const { hosts, groups, policies, certificates, challenges } = planRoutes(
    snapshotOf(apps, address),
  );
  const ips = Object.values(groups)
    .flat()
    .map((one) => one.slice(0, one.lastIndexOf(':')));
  const down = [...new Set(ips)].filter((ip) => ip.startsWith('10.'));
  return { ...NO_ROUTES, hosts, groups, policies, certificates, challenges, down };
}

/** Fails when a request is not answered by the app's own container. */
export async function tableTimes(
  apps: number,
  atEnd: (what: () => unknown) => void,
): Promise<TableTimes> {
  const upstream = await startUpstream('up', atEnd);
  const [running, fresh] = [await makeBench(atEnd), await makeBench(atEnd)];
  await running.nginx.start(running.file(), NO_ROUTES, () => undefined, running.signal);
  const last = `www4.app-${apps - 1}.example.org`;
  const times = { plan: 0, commit: 0, served: 0, start: 0, first: 0 };
  const timed = async <T>(name: keyof TableTimes, work: () => T): Promise<Awaited<T>> => {
    const began = performance.now();
    const result = await work();
    times[name] = performance.now() - began;
    return result;
  };
  const asks = async (port: number): Promise<void> => {
    const { status, text } = await get(port, last);
    if (status !== 200 || text !== 'up') throw new Error(`${last}: ${status} ${text}`);
  };
  const routes = await timed('plan', () => routesOf(apps, upstream.address));
  await timed('commit', () => running.nginx.commit(routes, running.signal));
  await timed('served', () => asks(running.http));
  await timed('start', () =>
    fresh.nginx.start(fresh.file(), routes, () => undefined, fresh.signal),
  );
  await timed('first', () => asks(fresh.http));
  return times;
}
