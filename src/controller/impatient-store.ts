// A store for people who wait: with the real one away, a call is given up early enough for the answer to come within 3 s.

import { DeisError } from '../model/errors.ts';
import type { Store } from '../ports/store.ts';

/** Watches and leases are not for people and stay as they are. A commit that is given up may still take effect. */
export function impatient(store: Store, ms: number): Store {
  const within = async <T>(
    signal: AbortSignal,
    call: (limited: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const patience = AbortSignal.timeout(ms);
    try {
      return await call(AbortSignal.any([signal, patience]));
    } catch (cause) {
      signal.throwIfAborted();
      if (patience.aborted) throw away(cause);
      throw cause;
    }
  };
  return {
    identity: (signal) => within(signal, (limited) => store.identity(limited)),
    get: (key, signal) => within(signal, (limited) => store.get(key, limited)),
    getMany: (keys, signal) => within(signal, (limited) => store.getMany(keys, limited)),
    list: (prefix, signal) => within(signal, (limited) => store.list(prefix, limited)),
    commit: (transaction, signal) =>
      within(signal, (limited) => store.commit(transaction, limited)),
    watch: (prefix, observer, signal) => store.watch(prefix, observer, signal),
    grantLease: (ttl, signal) => store.grantLease(ttl, signal),
    keepLeaseAlive: (lease, signal) => store.keepLeaseAlive(lease, signal),
    revokeLease: (lease, signal) => store.revokeLease(lease, signal),
    close: () => store.close(),
  };
}

function away(cause: unknown): DeisError {
  return new DeisError(
    'unavailable',
    'The store of the cluster does not answer.',
    'Look at `systemctl status etcd` on the machines; what runs goes on running.',
    { cause },
  );
}
