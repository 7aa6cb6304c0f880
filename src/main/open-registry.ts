// The store of the cluster this machine belongs to, as one of its components: asked at whichever members it has, as they come and go.

import { etcdStore } from '../adapters/etcd.ts';
import { toDeisError } from '../model/errors.ts';
import type { EtcdTls } from '../adapters/etcd-member.ts';
import type { Log } from '../ports/log.ts';
import type { Snapshot, Store } from '../ports/store.ts';
import { keys } from '../registry/keys.ts';
import { Registry } from '../registry/registry.ts';
import type { MachineConfig } from './machine-config.ts';

/** `moved`: told the members' client URLs, now and whenever they change. */
export function openRegistry(
  machine: MachineConfig,
  tls: EtcdTls,
  log: Log,
  moved?: (endpoints: readonly string[]) => void,
): Registry {
  const store = etcdStore({ endpoints: ownFirst(machine.etcd, machine.ip), tls, log });
  followStore(store, log, (endpoints) => {
    store.follow?.(ownFirst(endpoints, machine.ip));
    moved?.(endpoints);
  });
  return new Registry(store);
}

/** The machine's own member first: the others are for when it does not answer. */
function ownFirst(endpoints: readonly string[], ip: string): string[] {
  const isOwn = (endpoint: string): boolean => new URL(endpoint).hostname === ip;
  return [...endpoints.filter(isOwn), ...endpoints.filter((endpoint) => !isOwn(endpoint))];
}

/** A missing or malformed record changes nothing. Ends when the store is closed. */
function followStore(store: Store, log: Log, tell: (endpoints: readonly string[]) => void): void {
  const key = keys.storeMembers.key('members');
  let last = '';
  const take = (entries: Snapshot['entries']): void => {
    const text = entries.find((entry) => entry.key === key)?.value;
    if (text === undefined || text === last) return;
    last = text;
    try {
      const { endpoints } = keys.storeMembers.decode(key, text);
      log.info('store moved', { endpoints: endpoints.join(' ') });
      tell(endpoints);
    } catch (error) {
      log.warn('ignored a malformed record', { key, error: toDeisError(error).message });
    }
  };
  const observer = {
    snapshot: ({ entries }: Snapshot) => take(entries),
    changes: (changes: Parameters<Parameters<Store['watch']>[1]['changes']>[0]) =>
      take(changes.flatMap((change) => (change.kind === 'put' ? [change.entry] : []))),
    interrupted: () => undefined,
  };
  void store.watch(key, observer, new AbortController().signal);
}
