// The store of a test on a real etcd, in the form in which the pretend cluster takes its store.

import type { MemoryStore } from '../../src/adapters/memory-store.ts';
import type { EtcdTls } from '../../src/adapters/etcd-member.ts';
import type { Store } from '../../src/ports/store.ts';
import { EtcdCluster } from '../adapters/etcd-cluster.ts';

export interface TestEtcd {
  store: MemoryStore;
  /** For another process that wants to connect. */
  address: { endpoints: string[]; tls: EtcdTls };
  stop: () => Promise<void>;
}

/** One member; `stop` ends it. */
export async function etcdForTests(): Promise<TestEtcd> {
  const etcd = await EtcdCluster.start(1);
  const { endpoints, tls } = etcd;
  return {
    store: asMemoryStore(() => etcd.store()),
    address: { endpoints, tls },
    stop: () => etcd.stop(),
  };
}

/** `open` makes one more connection. */
export function asMemoryStore(open: () => Store): MemoryStore {
  const cannot = (): never => {
    throw new Error('a real etcd is broken from outside');
  };
  const connect = (): MemoryStore => {
    const store = open();
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
  return connect();
}
