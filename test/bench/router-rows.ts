// What `npm run bench` measures of the router. Goals are those of docs/numbers.md.

import { join } from 'node:path';
import type { Ratios } from '../router/throughput.ts';
import { apart } from './apart.ts';
import { noConfd, ratesBesideConfd, timesToServe } from './confd.ts';
import type { Measure, Row } from './row.ts';

/** One measurement gives two rows. */
async function routerThroughput(which: keyof Ratios, gates = false): Promise<Measure> {
  const module = join(import.meta.dirname, '../router/throughput.ts');
  const known = measured.get(gates) ?? apart<Ratios>(module, 'ratiosBesideHand', gates);
  measured.set(gates, known);
  return { values: (await known)[which], unit: 'x' };
}
const measured = new Map<boolean, Promise<Ratios>>();

/** Ours, on the same store, is told beside. */
async function confdServes(): Promise<Measure> {
  const { confd, ours } = await timesToServe();
  console.log(`# ours, s: ${ours.map((value) => value.toFixed(3)).join(', ')}`);
  return { values: confd, unit: 's' };
}

/** Planned, brought to nginx, served. */
async function largeTable(): Promise<Measure> {
  const { tableTimes } = await import('../router/tables.ts');
  const values: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    const ends: (() => unknown)[] = [];
    try {
      const times = await tableTimes(1000, (what) => ends.unshift(what));
      console.log(`# ms: ${JSON.stringify(times)}`);
      values.push((times.plan + times.commit + times.served) / 1000);
    } finally {
      for (const end of ends) await end();
    }
  }
  return { values, unit: 's' };
}

/** Failed requests of clients that do not retry, per reload. */
async function lostByReload(): Promise<Measure> {
  const { lostByReloads } = await import('../router/reloads.ts');
  const ordinary = await lostByReloads('ordinary');
  console.log(`# an ordinary reload lost ${ordinary.lost.join(', ')} of ${ordinary.requests}`);
  const { lost, requests, took } = await lostByReloads('ours');
  console.log(`# ${requests} requests; ms: ${took.map((ms) => Math.round(ms)).join(', ')}`);
  return { values: lost, unit: 'requests' };
}

export const ROUTER_ROWS: readonly Row[] = [
  {
    name: 'router-throughput',
    what: 'requests per second, as a part of those of a hand-written nginx',
    goal: '>= 0.95',
    machines: false,
    measure: () => routerThroughput('rates'),
  },
  {
    name: 'router-throughput-cost',
    what: 'processor time of a request through a hand-written nginx, as a part of that through ours',
    goal: '>= 0.95',
    machines: false,
    measure: () => routerThroughput('costs'),
  },
  {
    name: 'router-gated-cost',
    what: 'the same, while another app of the cluster wants something of its requests first',
    goal: 'none',
    machines: false,
    measure: () => routerThroughput('costs', true),
  },
  {
    name: 'router-beside-confd',
    what: 'requests per second, as a part of those of an nginx that confd writes',
    goal: '>= 0.95',
    machines: false,
    missing: noConfd,
    measure: async () => ({ values: await ratesBesideConfd(), unit: 'x' }),
  },
  {
    name: 'confd-served',
    what: 'an upstream published until the nginx of confd serves it',
    goal: 'none',
    machines: false,
    missing: noConfd,
    measure: confdServes,
  },
  {
    name: 'router-reload',
    what: 'requests lost by a reload, of busy and of idle keep-alive connections',
    goal: '0',
    machines: false,
    measure: lostByReload,
  },
  {
    name: 'router-table',
    what: 'a table of 1,000 apps, five domains and three containers each, planned and served',
    goal: '<= 3 s',
    machines: false,
    measure: largeTable,
  },
];
