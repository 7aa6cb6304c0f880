// The store of the cluster under test, read directly: what `deisctl` would take half a second to ask.

import t from 'tap';
import { type Cluster, openCluster } from '../../src/cli/context.ts';
import { keys } from '../../src/registry/keys.ts';
import type { TestCluster } from './cluster.ts';

/** `etcdctl` on a machine, with the daemon's certificate. */
export const ETCDCTL =
  'ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/deis/tls/ca.crt --cert /etc/deis/tls/deisd.crt --key /etc/deis/tls/deisd.key';

/** Open until the test file ends. */
export async function openStore(on: TestCluster): Promise<Cluster> {
  const cluster = await openCluster({ cluster: on.name });
  t.teardown(() => cluster.close());
  return cluster;
}

/** Units whose names begin so and that machines report as active; one that runs twice is named twice. */
export async function activeUnits(
  { registry }: Pick<Cluster, 'registry'>,
  prefix: string,
  signal: AbortSignal,
): Promise<string[]> {
  const { items } = await registry.list(keys.states, [], signal);
  return items
    .filter(({ ids, value }) => ids[1]!.startsWith(prefix) && value.active === 'active')
    .map(({ ids }) => ids[1]!);
}

/** Name of the machine whose member leads the store. */
export async function etcdLeader(on: TestCluster): Promise<string> {
  for (const { name } of on.context.machines) {
    const { code, stdout } = await on.exec(name, `${ETCDCTL} endpoint status -w json`);
    if (code !== 0) continue;
    const [{ Status }] = JSON.parse(stdout) as [
      { Status: { leader: number; header: { member_id: number } } },
    ];
    if (Status.leader === Status.header.member_id) return name;
  }
  throw new Error('no member of etcd says that it leads');
}
