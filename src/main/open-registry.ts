// The store of the cluster this machine belongs to, as one of its components.

import { etcdStore } from '../adapters/etcd.ts';
import type { Log } from '../ports/log.ts';
import { Registry } from '../registry/registry.ts';
import type { MachineConfig, TlsFiles } from './machine-config.ts';

/** The machine's own member first: the others are for when it does not answer. */
export function openRegistry(machine: MachineConfig, tls: TlsFiles, log: Log): Registry {
  const own = machine.etcd.filter((endpoint) => new URL(endpoint).hostname === machine.ip);
  const others = machine.etcd.filter((endpoint) => !own.includes(endpoint));
  return new Registry(etcdStore({ endpoints: [...own, ...others], tls, log }));
}
