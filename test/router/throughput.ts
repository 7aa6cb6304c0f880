// Our router beside a hand-written nginx with the same upstreams written down: pairs of short runs, both at the same time, as the
// speed of a box changes from second to second. Besides the rate it tells the processor time of a request.

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Routes } from '../../src/ports/web-server.ts';
import { handWritten, handWrittenApp, oneWorker } from './hand-written.ts';
import { freePort, makeBench, makeFolder, NO_ROUTES } from './nginx-bench.ts';
import { until, get } from './http.ts';

const ROUNDS = 48;
const SECONDS = 1;

function answering(folder: string, ports: number[]): string {
  const listen = ports.map((port) => `listen 127.0.0.1:${port} backlog=4096;`).join(' ');
  return oneWorker(
    folder,
    `
  access_log off; default_type text/plain;
  server { ${listen} location / { return 200 "${'x'.repeat(1024)}"; } }`,
  );
}

/** Answers the pid of its master. */
export function startNginx(
  text: (folder: string) => string,
  atEnd: (what: () => unknown) => void,
): number {
  const folder = makeFolder();
  mkdirSync(join(folder, 'temp'));
  writeFileSync(join(folder, 'nginx.conf'), text(folder));
  // In a session of its own, as ours is: the kernel shares the processors among sessions.
  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    detached: true,
  });
  atEnd(async () => {
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    await closed;
    rmSync(folder, { recursive: true, force: true });
  });
  return child.pid!;
}

/** Microseconds that the workers of this master have run so far. */
function processorTime(master: number): number {
  const children = readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim();
  const nanoseconds = (pid: string): number =>
    Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]);
  return children.split(' ').reduce((sum, pid) => sum + nanoseconds(pid) / 1000, 0);
}

interface Run {
  /** Requests per second. */
  rate: number;
  /** Processor time of a request, µs. */
  cost: number;
}

/** Requests over 64 keep-alive connections to a server whose master is `master`. */
function run({ port, master }: { port: number; master: number }): Promise<Run> {
  const before = processorTime(master);
  const url = `http://127.0.0.1:${port}/`;
  const child = spawn('wrk', ['-t1', '-c64', `-d${SECONDS}s`, '-H', 'Host: a.test', url]);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', () => {
      if (/Socket errors|Non-2xx/.test(text)) return reject(new Error(text));
      const [, requests, time] = /(\d+) requests in ([\d.]+)s/.exec(text) ?? [];
      const cost = (processorTime(master) - before) / Number(requests);
      resolve({ rate: Number(requests) / Number(time), cost });
    });
  });
}

/** Starts an nginx that sends `a.test` to these ports. */
export type Other = (
  upstreams: readonly number[],
  atEnd: (what: () => unknown) => void,
) => Promise<{ port: number; master: number }>;

/** Beside a file written by hand; `gates`: some app of the cluster, not this one, wants something of its requests first. */
export function ratiosBesideHand(gates: boolean): Promise<Ratios> {
  return ratiosBeside(byHand, gates);
}

const byHand: Other = async (upstreams, atEnd) => {
  const port = await freePort();
  const servers = upstreams.map((one) => `server 127.0.0.1:${one};`).join(' ');
  const apps = handWrittenApp(port, 'a', servers);
  return { port, master: startNginx((folder) => handWritten(folder, apps), atEnd) };
};

const withGate = (routes: Routes): Routes => ({
  ...routes,
  hosts: { ...routes.hosts, 'b.test': 'b' },
  policies: { b: { https: true } },
});

export interface Ratios {
  rates: number[];
  costs: number[];
}

/** Of each pair of runs: our rate divided by the other's, and the other's cost of a request by ours. */
export async function ratiosBeside(start: Other, gates = false): Promise<Ratios> {
  const ends: (() => unknown)[] = [];
  const atEnd = (what: () => unknown): void => void ends.unshift(what);
  try {
    const upstreams = [await freePort(), await freePort(), await freePort()];
    startNginx((folder) => answering(folder, upstreams), atEnd);
    const other = await start(upstreams, atEnd);
    const bench = await makeBench(atEnd);
    const groups = { a: upstreams.map((one) => `127.0.0.1:${one}`) };
    const routes = { ...NO_ROUTES, hosts: { 'a.test': 'a' }, groups };
    await bench.nginx.start(
      bench.file({ workerProcesses: '1' }, gates),
      gates ? withGate(routes) : routes,
      () => undefined,
      bench.signal,
    );
    const pid = Number(readFileSync(join(bench.prefix, 'nginx.pid'), 'utf8'));
    const ours = { port: bench.http, master: pid };
    for (const one of [ours, other]) {
      await until(
        async () => (await get(one.port, 'a.test').catch(() => undefined))?.status === 200,
      );
      await run(one);
    }
    const pairs: [our: Run, their: Run][] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      pairs.push(await Promise.all([run(ours), run(other)]));
    }
    return {
      rates: pairs.map(([our, their]) => our.rate / their.rate),
      costs: pairs.map(([our, their]) => their.cost / our.cost),
    };
  } finally {
    for (const end of ends) await end();
  }
}
