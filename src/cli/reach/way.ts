// Which cluster a command is about and which way leads there, from flags, environment and contexts; pure.

import { join } from 'node:path';
import type { StoredContext } from '../contexts/contexts-file.ts';
import type { SshWay } from './ssh-way.ts';

/** The global flags of deisctl; oclif has put the environment's values in. */
export interface ClusterChoice {
  cluster?: string | undefined;
  endpoint?: string[] | undefined;
  'etcd-cafile'?: string | undefined;
  'etcd-certfile'?: string | undefined;
  'etcd-keyfile'?: string | undefined;
  tunnel?: string | undefined;
  'ssh-user'?: string | undefined;
  'ssh-key'?: string | undefined;
  'known-hosts-file'?: string | undefined;
  'strict-host-key-checking'?: string | undefined;
  'ssh-timeout'?: string | undefined;
  'request-timeout'?: string | undefined;
}

/** Paths of PEM files. */
export interface TlsPaths {
  ca: string;
  cert: string;
  key: string;
}

export interface Way {
  /** A local cluster to take the rest from. */
  local?: string;
  /** `[user@]host[:port]`; absent: straight. */
  tunnel?: string;
  endpoints?: string[];
  tls?: Partial<TlsPaths>;
  ssh: SshWay;
  /** ms */
  requestTimeout: number;
}

export const LOCAL_DEFAULT = 'deis';
/** The user of Container Linux and Flatcar, and so of Deis v1. */
export const SSH_USER = 'core';
const SECONDS = '10.0';

export interface Surroundings {
  home: string;
  current: string | undefined;
  contexts: Readonly<Record<string, StoredContext>>;
}

/**
 * A cluster that is named (-C) lends whatever no other flag says. A tunnel or an endpoint without a name stands for itself; without any of
 * these it is the current context, else the local cluster `deis`.
 */
export function wayOf(choice: ClusterChoice, { home, current, contexts }: Surroundings): Way {
  const stands = (choice.tunnel ?? '') !== '' || choice.endpoint !== undefined;
  const name = choice.cluster ?? (stands ? undefined : (current ?? LOCAL_DEFAULT));
  const stored = name === undefined ? undefined : contexts[name];
  const context: StoredContext = stored ?? {};
  const tunnel = choice.tunnel ?? context.tunnel ?? '';
  const endpoints = choice.endpoint ?? context.endpoint;
  const tls = {
    ca: choice['etcd-cafile'] ?? context.cafile,
    cert: choice['etcd-certfile'] ?? context.certfile,
    key: choice['etcd-keyfile'] ?? context.keyfile,
  };
  const given = Object.entries(tls).filter(([, path]) => path !== undefined);
  const strict = choice['strict-host-key-checking'] ?? context.strictHostKeyChecking ?? 'true';
  return {
    ...(name !== undefined && !stored && { local: name }),
    ...(tunnel !== '' && { tunnel }),
    ...(endpoints && { endpoints }),
    ...(given.length > 0 && { tls: Object.fromEntries(given) }),
    ssh: {
      user: choice['ssh-user'] ?? context.sshUser ?? SSH_USER,
      key: untilde(choice['ssh-key'] ?? context.sshKey, home),
      knownHosts: untilde(
        choice['known-hosts-file'] ?? context.knownHostsFile ?? '~/.ssh/known_hosts',
        home,
      )!,
      strict: strict !== 'false',
      timeout: milliseconds(choice['ssh-timeout']),
    },
    requestTimeout: milliseconds(choice['request-timeout']),
  };
}

function milliseconds(seconds = SECONDS): number {
  return Math.round(Number(seconds) * 1000);
}

function untilde(path: string | undefined, home: string): string | undefined {
  return path?.replace(/^~(?=\/|$)/, () => join(home));
}
