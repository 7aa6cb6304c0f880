// How deisctl reaches a cluster: straight or through a tunnel, with certificates from files, from a local cluster, or from the machine
// at the tunnel's end.

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { etcdStore } from '../adapters/etcd.ts';
import { MachineClient } from '../adapters/machine-client.ts';
import type { SshConnection } from '../adapters/ssh-client.ts';
import { checkoutRoot } from '../machines/checkout.ts';
import { type ClusterContext, contextFile, readContext } from '../machines/context.ts';
import type { Machine } from '../model/cluster.ts';
import { DeisError } from '../model/errors.ts';
import { Registry } from '../registry/registry.ts';
import { readContexts } from './contexts/contexts-file.ts';
import { commandLog } from './quiet-log.ts';
import type { SshWay } from './reach/ssh-way.ts';
import type { Tunnel } from './reach/tunnel.ts';
import { type ClusterChoice, type TlsPaths, type Way, wayOf } from './reach/way.ts';

export type { ClusterChoice } from './reach/way.ts';

/** PEM texts. */
export interface ClientTls {
  ca: string;
  cert: string;
  key: string;
}

export interface Cluster {
  registry: Registry;
  /** To ask machines; goes through the tunnel if there is one. */
  machines: MachineClient;
  tls: ClientTls;
  /** Only of a local cluster. */
  context: ClusterContext | undefined;
  /** Client URLs of the store's members, as the machines know them. */
  members: string[];
  /** Lets each component write its own keys only; false: that is left to an operator's own certificate (machines/store-roles.ts). */
  ensureRoles: (signal: AbortSignal) => Promise<boolean>;
  /** Only through a tunnel: a connection to an address that the machine at its end can reach. */
  dial?: (host: string, port: number) => Promise<Duplex>;
  /** How a person gets to machines with ssh(1) from here. */
  person(): Promise<{ user: string; isRoot: boolean; jump?: { address: string; host: string } }>;
  /** A login at this machine, through the tunnel if there is one. Throws DeisError. */
  ssh(
    machine: Pick<Machine, 'id' | 'ip' | 'hostKeys'>,
    signal: AbortSignal,
  ): Promise<SshConnection>;
  close(): void;
}

/** The store is connected to lazily: it shows at the first read when it is away. Throws DeisError 'not-found' when there is no such cluster. */
export async function openCluster(
  choice: ClusterChoice,
  signal: AbortSignal = new AbortController().signal,
): Promise<Cluster> {
  const { current, contexts } = await readContexts();
  const way = wayOf(choice, { home: homedir(), current, contexts });
  const root = checkoutRoot();
  const context = way.local === undefined ? undefined : await localContext(root, way, contexts);
  const files = { ...context?.tls, ...way.tls };
  const own = isWhole(files) ? await pems(files) : undefined;
  const tunnel = await tunnelOf(way, signal);
  try {
    const papers = own ? undefined : await tunnel?.papers();
    const tls = own ?? papers?.tls ?? missing(files);
    const far = way.endpoints ?? context?.etcd ?? (papers ?? (await tunnel?.papers()))?.etcd;
    if (!far) throw new DeisError('invalid', 'no etcd endpoint is known', 'Add --endpoint.');
    const endpoints = tunnel ? await tunnel.doors(far) : far;
    const ssh = context ? localLogin(way.ssh, choice, root, context.name) : way.ssh;
    const { requestTimeout } = way;
    return assemble({ tls, endpoints, members: far, tunnel, ssh, context, requestTimeout });
  } catch (error) {
    tunnel?.close();
    throw error;
  }
}

interface Parts {
  tls: ClientTls;
  endpoints: string[];
  members: string[];
  tunnel: Tunnel | undefined;
  ssh: SshWay;
  context: ClusterContext | undefined;
  requestTimeout: number;
}

function assemble(parts: Parts): Cluster {
  const { tls, endpoints, members, tunnel, ssh, context, requestTimeout } = parts;
  const store = etcdStore({ endpoints, tls, log: commandLog() });
  const registry = new Registry(store);
  const logins: SshConnection[] = [];
  return {
    registry,
    machines: new MachineClient(tls, {
      firstByte: requestTimeout,
      ...(tunnel && { dial: (host, port) => tunnel.dial(host, port) }),
    }),
    tls,
    context,
    members,
    async ensureRoles(signal) {
      const { ensureStoreRoles, rolesAreOurs } = await import('../machines/store-roles.ts');
      const done = await ensureStoreRoles({ endpoints, tls, registry }, signal);
      return done || (await rolesAreOurs(registry, signal));
    },
    ...(tunnel && { dial: (host, port) => tunnel.dial(host, port) }),
    async person() {
      if (!tunnel) return { user: ssh.user, isRoot: ssh.user === 'root' };
      const { user, ...jump } = tunnel.jump;
      return { user, isRoot: await tunnel.isRoot(), jump };
    },
    async ssh(machine, signal) {
      if (tunnel) return await tunnel.login(machine, signal);
      const { logIn } = await import('./reach/ssh-way.ts');
      const host = { host: machine.ip, port: 22, vouched: machine.hostKeys ?? [] };
      const login = await logIn(ssh, host, undefined, signal);
      logins.push(login);
      return login;
    },
    close() {
      store.close();
      for (const login of logins) login.close();
      tunnel?.close();
    },
  };
}

/** SSH is loaded for who needs it. */
async function tunnelOf({ tunnel, ssh }: Way, signal: AbortSignal): Promise<Tunnel | undefined> {
  if (tunnel === undefined) return undefined;
  const { openTunnel } = await import('./reach/tunnel.ts');
  return await openTunnel(tunnel, ssh, signal);
}

/** Throws DeisError 'not-found' that names what there is. */
async function localContext(
  root: string,
  { local = '' }: Way,
  contexts: Record<string, unknown>,
): Promise<ClusterContext> {
  try {
    return await readContext(root, local);
  } catch (error) {
    if (!(error instanceof DeisError) || error.code !== 'not-found') throw error;
    const names = Object.keys(contexts);
    const known = names.length === 0 ? '' : ` Contexts: ${names.join(', ')}.`;
    throw new DeisError(
      'not-found',
      `there is no cluster called "${local}": neither a context nor a local cluster`,
      `A cluster elsewhere: --tunnel=<user>@<machine>, or DEISCTL_TUNNEL, or deisctl contexts add. One on this computer: deisctl local up --name=${local}.${known}`,
      { cause: error },
    );
  }
}

/** Machines of a local cluster admit root by the key that was made with them. */
function localLogin(ssh: SshWay, choice: ClusterChoice, root: string, name: string): SshWay {
  const folder = join(contextFile(root, name), '..');
  return {
    ...ssh,
    user: choice['ssh-user'] ?? 'root',
    key: ssh.key ?? join(folder, 'ssh', 'id_ed25519'),
  };
}

function isWhole(files: Partial<TlsPaths>): files is TlsPaths {
  return files.ca !== undefined && files.cert !== undefined && files.key !== undefined;
}

function missing(files: Partial<TlsPaths>): never {
  const flags = { ca: '--etcd-cafile', cert: '--etcd-certfile', key: '--etcd-keyfile' };
  const lacking = Object.entries(flags).filter(
    ([name]) => files[name as keyof TlsPaths] === undefined,
  );
  throw new DeisError(
    'invalid',
    '--endpoint needs a certificate: etcd speaks only mutual TLS',
    `Add ${lacking.map(([, flag]) => flag).join(', ')}; or go through a machine, which lends its own: --tunnel=<user>@<machine>.`,
  );
}

async function pems({ ca, cert, key }: TlsPaths): Promise<ClientTls> {
  return { ca: await pem(ca), cert: await pem(cert), key: await pem(key) };
}

async function pem(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new DeisError('invalid', `the certificate file ${path} cannot be read`, '', { cause });
  }
  if (text.includes('-----BEGIN')) return text;
  throw new DeisError('invalid', `${path} is no PEM file: it has no line -----BEGIN …`);
}
