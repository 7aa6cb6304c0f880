// A lock over the store for tests.

import type { HoldLock } from '../../src/controller/deployment/drivers.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import type { Store } from '../../src/ports/store.ts';
import { keys } from '../../src/registry/keys.ts';
import { Registry, absent, put, remove, stillCreatedAt } from '../../src/registry/registry.ts';

export function holdLock(store: Store, allowed: (name: string) => boolean): HoldLock {
  const registry = new Registry(store);
  return async (name, act, signal) => {
    for (;;) {
      signal.throwIfAborted();
      if (!allowed(name)) {
        await systemClock.sleep(50, signal);
        continue;
      }
      const lease = await store.grantLease(1, signal);
      const taken = await registry.commit(
        [absent(keys.locks, [name])],
        [put(keys.locks, [name], 'x', { lease })],
        signal,
      );
      if (!taken.applied) {
        await store.revokeLease(lease, signal);
        await systemClock.sleep(50, signal);
        continue;
      }
      const lost = new AbortController();
      const renew = setInterval(
        () => void store.keepLeaseAlive(lease, signal).catch(() => lost.abort()),
        300,
      );
      try {
        await act({
          fence: [stillCreatedAt(keys.locks, [name], taken.revision)],
          signal: AbortSignal.any([signal, lost.signal]),
        });
        if (!signal.aborted) await registry.commit([], [remove(keys.locks, [name])], signal);
        return;
      } finally {
        clearInterval(renew);
      }
    }
  };
}
