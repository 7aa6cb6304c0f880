// The store of a test on a real etcd, in the form in which the pretend cluster takes its store.

import type { MemoryStore } from '../../src/adapters/memory-store.ts';
import { EtcdCluster } from '../adapters/etcd-cluster.ts';

/** One member; `stop` ends it. */
export async function etcdForTests(): Promise<{ store: MemoryStore; stop: () => Promise<void> }> {
  const etcd = await EtcdCluster.start(1);
  const cannot = (): never => {
    throw new Error('a real etcd is broken from outside');
  };
  const connect = (): MemoryStore => {
    const store = etcd.store();
    return {
      ...store,
      connect,
      sever: () => store.close(),
      freeze: cannot,
      heal: cannot,
      compact: cannot,
      loseNextAnswer: cannot,
    };
  };
  return { store: connect(), stop: () => etcd.stop() };
}
