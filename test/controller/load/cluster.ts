// What a measured controller needs around it, in a process of its own: a real etcd and a pretended cluster. Forked; says where
// the store is, and ends with whoever forked it.

import { etcdForTests } from '../on-etcd.ts';
import { pretendCluster } from '../world.ts';

const etcd = await etcdForTests();
const cluster = await pretendCluster(etcd.store);
process.on('disconnect', () => {
  void cluster
    .stop()
    .then(() => etcd.stop())
    .finally(() => process.exit(0));
});
process.send?.(etcd.address);
