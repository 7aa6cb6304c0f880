// A real etcd on loopback for tests: any number of members on free ports, mutual TLS, data in a temporary directory.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { etcdStore } from '../../src/adapters/etcd.ts';
import type { EtcdTls } from '../../src/adapters/etcd-member.ts';
import { createAuthority, issueCertificate } from '../../src/adapters/pki.ts';
import type { Store } from '../../src/ports/store.ts';
import { startEtcd } from './etcd-program.ts';
import { quiet } from './quiet-log.ts';

const FOLDER = 'deis-etcd-';

/**
 * Runs a suite with a cluster of so many members. `npm test` brings etcd along; a fast run on a machine without it
 * skips the suite and says so.
 */
export async function withEtcd(
  t: Test,
  members: number,
  suite: (cluster: EtcdCluster) => void,
): Promise<void> {
  const path = process.env['PATH'] ?? '';
  const there = path.split(':').some((folder) => existsSync(join(folder, 'etcd')));
  if (!there) {
    t.plan(0, 'etcd is not installed');
    return;
  }
  const cluster = await EtcdCluster.start(members);
  t.teardown(() => cluster.stop());
  suite(cluster);
}

export class EtcdCluster {
  readonly tls: EtcdTls;
  readonly endpoints: string[];
  /** Another client's certificate, of the same authority. */
  readonly issue: (commonName: string) => Promise<EtcdTls>;
  readonly #directory: string;
  readonly #peers: string[];
  readonly #processes: (ChildProcess | undefined)[] = [];
  readonly #stores: Store[] = [];
  #token = 0;

  private constructor(directory: string, { tls, issue }: Certificates, ports: number[]) {
    this.#directory = directory;
    this.tls = tls;
    this.issue = issue;
    const urls = ports.map((port) => `https://127.0.0.1:${port}`);
    this.endpoints = urls.slice(0, ports.length / 2);
    this.#peers = urls.slice(ports.length / 2);
  }

  /** Resolves when all members answer. */
  static async start(members: number): Promise<EtcdCluster> {
    sweep();
    const directory = mkdtempSync(join(tmpdir(), `${FOLDER}${process.pid}-`));
    const certificates = await makeCertificates();
    for (const [name, pem] of Object.entries(certificates.tls))
      writeFileSync(join(directory, name), pem);
    const cluster = new EtcdCluster(directory, certificates, await freePorts(members * 2));
    for (let index = 0; index < members; index += 1) cluster.boot(index);
    await cluster.well();
    return cluster;
  }

  /** Starts a member that is not running, on the data it had. */
  boot(index: number): void {
    this.#processes[index] = startEtcd({
      name: `m${index}`,
      data: join(this.#directory, `data-${index}`),
      client: this.endpoints[index],
      peer: this.#peers[index],
      initialCluster: this.#peers.map((url, peer) => `m${peer}=${url}`).join(','),
      token: `tests-${this.#token}`,
      certificates: this.#directory,
    });
  }

  /** Sends a signal to a member; SIGKILL and SIGTERM wait until it is gone. */
  async signal(index: number, signal: NodeJS.Signals): Promise<void> {
    const child = this.#processes[index];
    if (!child) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    if (signal !== 'SIGKILL' && signal !== 'SIGTERM') return;
    this.#processes[index] = undefined;
    await gone;
  }

  async signalAll(signal: NodeJS.Signals): Promise<void> {
    await Promise.all(this.endpoints.map((_, index) => this.signal(index, signal)));
  }

  /** A new client of all members, or of the given ones. */
  store(members = this.endpoints.map((_, index) => index)): Store {
    const endpoints = members.flatMap((index) => this.endpoints[index] ?? []);
    const store = etcdStore({ endpoints, tls: this.tls, log: quiet });
    this.#stores.push(store);
    return store;
  }

  /** Resolves when the cluster answers through each running member. */
  async well(): Promise<void> {
    const end = performance.now() + 30_000;
    const running = this.endpoints.flatMap((_, index) => (this.#processes[index] ? [index] : []));
    for (const index of running) {
      const store = this.store([index]);
      for (;;) {
        try {
          await store.identity(new AbortController().signal);
          break;
        } catch (error) {
          if (performance.now() > end) throw error;
          await delay(100);
        }
      }
    }
  }

  /** Index of the member that leads. */
  async leader(): Promise<number> {
    for (const [index, endpoint] of this.endpoints.entries()) {
      const status = await this.etcdctl(['endpoint', 'status', '-w', 'json'], endpoint);
      const [{ Status }] = JSON.parse(status) as [
        { Status: { leader: number; header: { member_id: number } } },
      ];
      if (Status.leader === Status.header.member_id) return index;
    }
    throw new Error('no member leads');
  }

  /** Runs etcdctl as an operator would. */
  async etcdctl(args: string[], endpoint = this.endpoints.join(',')): Promise<string> {
    const at = (name: string): string => join(this.#directory, name);
    const flags = [`--endpoints=${endpoint}`, `--cacert=${at('ca')}`, `--cert=${at('cert')}`];
    const env = { ...process.env, ETCDCTL_API: '3' };
    const child = spawn('etcdctl', [...flags, `--key=${at('key')}`, ...args], { env });
    let output = '';
    let problem = '';
    child.stdout.on('data', (text) => (output += String(text)));
    child.stderr.on('data', (text) => (problem += String(text)));
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (code !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${problem}`);
    return output;
  }

  /** Forgets all history before now, on all members. */
  async compact(): Promise<void> {
    const { revision } = await this.store().identity(new AbortController().signal);
    await this.etcdctl(['compact', String(revision)]);
  }

  /** Forgets everything, as a new cluster on the same addresses. All members must be down. */
  wipe(): void {
    this.#token += 1;
    for (const index of this.endpoints.keys()) {
      rmSync(join(this.#directory, `data-${index}`), { recursive: true, force: true });
    }
  }

  async stop(): Promise<void> {
    for (const store of this.#stores) store.close();
    await this.signalAll('SIGCONT');
    await this.signalAll('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Removes what a run left behind that was killed. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(FOLDER) ? name.slice(FOLDER.length).split('-')[0] : undefined;
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((done) => server.once('listening', done))));
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

interface Certificates {
  tls: EtcdTls;
  issue: (commonName: string) => Promise<EtcdTls>;
}

/** One certificate for all members and all clients that ask for no other. */
async function makeCertificates(): Promise<Certificates> {
  const notBefore = new Date(Date.now() - 3_600_000);
  const notAfter = new Date(Date.now() + 86_400_000);
  const authority = await createAuthority('etcd tests', notBefore, notAfter);
  const hosts = ['127.0.0.1', 'localhost'];
  const issue = async (commonName: string): Promise<EtcdTls> => {
    const request = { commonName, hosts, notBefore, notAfter };
    return { ca: authority.cert, ...(await issueCertificate(authority, request)) };
  };
  return { tls: await issue('deisd'), issue };
}
