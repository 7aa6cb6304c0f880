// A real nginx with real upstreams on loopback, for tests: own folder, own ports, everything ended by teardown.

import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Nginx } from '../../src/adapters/nginx.ts';
import { masterOf, sessionMembers, signalAll } from '../../src/adapters/nginx-process.ts';
import { createAuthority, issueCertificate, type KeyPair } from '../../src/adapters/pki.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { fileTemplates } from '../../src/adapters/templates.ts';
import type { Bundle, Routes, ServerFile } from '../../src/ports/web-server.ts';
import { luaModules, renderServerFile } from '../../src/router/server-file.ts';
import { readSettings } from '../../src/router/settings.ts';
import { quiet } from '../adapters/quiet-log.ts';

export const NO_ROUTES: Routes = {
  hosts: {},
  groups: {},
  policies: {},
  certificates: {},
  bundles: new Map(),
  challenges: {},
  down: [],
  closing: false,
  leaving: false,
};

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Bench {
  nginx: Nginx;
  prefix: string;
  http: number;
  https: number;
  health: number;
  /** With gates unless told otherwise. */
  file: (settings?: Record<string, string>, gates?: boolean) => ServerFile;
  signal: AbortSignal;
}

/** A certificate for these names and its key; the first is its common name. */
export async function selfSigned(...hosts: string[]): Promise<Bundle> {
  const [notBefore, notAfter] = [-1, 9].map((days) => new Date(Date.now() + days * 86_400_000));
  const dates = { notBefore: notBefore!, notAfter: notAfter! };
  authority ??= await createAuthority('test', dates.notBefore, dates.notAfter);
  const made = await issueCertificate(authority, { commonName: hosts[0]!, hosts, ...dates });
  return { certificate: made.cert, key: made.key };
}
let authority: KeyPair | undefined;

const FOLDER = 'deis-router-test-';

/** A folder for one nginx, which must keep its pid in `nginx.pid` there. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER}${process.pid}-`));
  chmodSync(folder, 0o755); // workers, who are not root, keep large bodies in it
  return folder;
}

/** What a test run that was killed has left behind: its nginx runs on, in a session of its own. */
function sweep(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(FOLDER))) {
    const owner = name.slice(FOLDER.length).split('-')[0]!;
    if (existsSync(`/proc/${owner}`)) continue;
    const folder = join(tmpdir(), name);
    const pidFile = join(folder, 'nginx.pid');
    const master = masterOf(pidFile, folder);
    const leader = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
    // Without its master the number may be anybody's by now: only a living master vouches for it.
    if (master && master === leader) signalAll([master, ...sessionMembers(master)], 'SIGKILL');
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      // Tests that begin at once sweep at once; what is busy goes with a later one. No test of ours fails for it.
      console.log(`# ${folder} stays for now: ${String(error)}`);
    }
  }
}

/** An nginx of two workers that is not started yet. */
export async function makeBench(teardown: (what: () => unknown) => void): Promise<Bench> {
  sweep();
  const prefix = makeFolder();
  const stop = new AbortController();
  const nginx = new Nginx({
    prefix,
    lua: luaModules(fileTemplates),
    clock: systemClock,
    log: quiet,
  });
  const [http, https, health] = [await freePort(), await freePort(), await freePort()];
  const listen = {
    http: `127.0.0.1:${http}`,
    https: `127.0.0.1:${https}`,
    health: `127.0.0.1:${health}`,
  };
  const needs = {
    templates: fileTemplates,
    layout: nginx.layout,
    listen,
    machine: '0123456789abcdef',
    processors: 2,
    fallback: await selfSigned('fallback.invalid'),
    life: () => 'life',
  };
  teardown(async () => {
    await nginx.quit(0, stop.signal);
    stop.abort();
    rmSync(prefix, { recursive: true, force: true });
  });
  const file: Bench['file'] = (settings = {}, gates = true) =>
    renderServerFile(needs, { values: readSettings(settings).values, gates });
  return { nginx, prefix, http, https, health, file, signal: stop.signal };
}

export interface Upstream {
  name: string;
  address: string;
  server: Server;
  /** Requests it has begun to answer. */
  seen: number;
  /** Answers what waits at /slow. */
  release: () => void;
}

/** Answers its name; `/slow` waits for release(); `/echo` tells the headers it got; `/large` is worth compressing. */
export async function startUpstream(
  name: string,
  teardown: (what: () => unknown) => void,
): Promise<Upstream> {
  const waiting: (() => void)[] = [];
  const upstream = { name, seen: 0, release: () => waiting.splice(0).forEach((go) => go()) };
  const server = createServer((request, response) => {
    upstream.seen += 1;
    response.setHeader('x-name', name);
    if (request.url === '/slow') waiting.push(() => response.end(name));
    else if (request.url === '/large') {
      response.setHeader('content-type', 'text/css').end('x'.repeat(2000));
    } else if (request.url === '/echo') response.end(JSON.stringify(request.headers));
    else request.resume().on('end', () => response.end(name));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  teardown(() => {
    upstream.release();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(upstream, { server, address: `127.0.0.1:${port}` });
}
