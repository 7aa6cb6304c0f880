// The etcd program as tests start it: mutual TLS everywhere, and no member outlives the test that began it.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

export interface TestMember {
  name: string;
  data: string;
  /** The URL that it listens at for clients. */
  client: string | undefined;
  peer: string | undefined;
  /** `<name>=<peer URL>,…` */
  initialCluster: string;
  state?: 'new' | 'existing';
  token?: string;
  /** Folder with the PEM files `ca`, `cert` and `key`. */
  certificates: string;
}

export function startEtcd(member: TestMember): ChildProcess {
  const { name, data, client, peer, initialCluster, state = 'new', token, certificates } = member;
  const at = (file: string): string => join(certificates, file);
  const flags = {
    name,
    'data-dir': data,
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': initialCluster,
    'initial-cluster-state': state,
    ...(token !== undefined && { 'initial-cluster-token': token }),
    'cert-file': at('cert'),
    'key-file': at('key'),
    'trusted-ca-file': at('ca'),
    'peer-cert-file': at('cert'),
    'peer-key-file': at('key'),
    'peer-trusted-ca-file': at('ca'),
  };
  const options = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  const both = ['--client-cert-auth', '--peer-client-cert-auth'];
  // However this process ends, its members end with it.
  const order = ['--pdeathsig', 'KILL', 'etcd', ...options, ...both];
  return spawn('setpriv', order, { stdio: 'ignore' });
}
