// What reloads of nginx cost clients that do not repeat a request: the ordinary reload beside ours.

import { readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { get, stream, until } from './http.ts';
import { type Bench, makeBench, NO_ROUTES, startUpstream } from './nginx-bench.ts';

const RELOADS = 10;

export interface Lost {
  /** Failed requests per reload. */
  lost: number[];
  requests: number;
  /** ms per reload. */
  took: number[];
}

/** One connection that asks again whenever the last answer is there, as load tools do. */
async function busy(port: number, ended: () => boolean, failed: () => void): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let requests = 0;
  while (!ended()) {
    await get(port, 'a.test', { agent }).catch(failed);
    requests += 1;
  }
  agent.destroy();
  return requests;
}

async function ordinary(bench: Bench, text: string): Promise<void> {
  const { layout } = bench.nginx;
  writeFileSync(join(layout.prefix, 'nginx.conf'), text);
  process.kill(Number(readFileSync(layout.pid, 'utf8')), 'SIGHUP');
  await delay(1000); // nobody tells when it is over
}

/** 32 busy connections and 50 that are used once in a while, ten reloads. */
export async function lostByReloads(kind: 'ours' | 'ordinary'): Promise<Lost> {
  const ends: (() => unknown)[] = [];
  const atEnd = (what: () => unknown): void => void ends.unshift(what);
  try {
    const bench = await makeBench(atEnd);
    const app = await startUpstream('app', atEnd);
    const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups: { a: [app.address] } };
    await bench.nginx.start(bench.file(), routes, () => undefined, bench.signal);
    await until(async () => (await get(bench.http, 'a.test')).status === 200);
    let over = false;
    let failures = 0;
    const clients = Array.from({ length: 32 }, () =>
      busy(
        bench.http,
        () => over,
        () => (failures += 1),
      ),
    );
    const seldom = stream(() => bench.http, 'a.test', 50, 50);
    const [lost, took]: [number[], number[]] = [[], []];
    for (let reload = 0; reload < RELOADS; reload += 1) {
      await delay(1000);
      const before = failures + seldom.failures.length;
      const file = bench.file({ bodySize: `${reload + 2}m` });
      const began = performance.now();
      await (kind === 'ours' ? bench.nginx.reload(file, bench.signal) : ordinary(bench, file.text));
      took.push(performance.now() - began);
      await delay(1000);
      lost.push(failures + seldom.failures.length - before);
    }
    over = true;
    const requests = (await Promise.all(clients)).reduce((sum, one) => sum + one, seldom.sent);
    await seldom.end();
    return { lost, requests, took };
  } finally {
    for (const end of ends) await end();
  }
}
