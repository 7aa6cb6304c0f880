// Components of Deis v1 that are no component here: what has their work now, so that old habits find their way; pure.

import type { TargetProblem } from './targets.ts';

const CEPH =
  'Images lie in the registry, on its machine or in a bucket: deisctl config registry set s3bucket=…';
const SCHEDULERS =
  'Units are placed by the scheduler in every deisd: see deisctl plan and deisctl why.';

/** By name; `store-*` means all that begin so. */
const RETIRED: Readonly<Record<string, string>> = {
  'store-*': `There is no Ceph any more. ${CEPH}`,
  database: 'Everything is in etcd, on the machines: nothing to install.',
  cache: 'Nothing needs a cache any more.',
  publisher: 'deisd on each machine publishes what is healthy: see systemctl status deisd.',
  logspout: 'deisd on each machine ships the journal to the logger: deisctl install logger.',
  'logger-data': 'The logger keeps its files on its machine: deisctl install logger.',
  'registry-data': CEPH,
  'database-data': 'Everything is in etcd, on the machines: nothing to install.',
  'builder-data': 'The builder keeps its files on its machine: deisctl install builder.',
  swarm: SCHEDULERS,
  'swarm-manager': SCHEDULERS,
  'swarm-node': SCHEDULERS,
  mesos: SCHEDULERS,
  'mesos-master': SCHEDULERS,
  'mesos-marathon': SCHEDULERS,
  'mesos-slave': SCHEDULERS,
  zookeeper: SCHEDULERS,
  k8s: SCHEDULERS,
  kubernetes: SCHEDULERS,
};

/** What to say of such a name; undefined: it never was one. */
export function retired(name: string): TargetProblem | undefined {
  const hint = RETIRED[name] ?? (name.startsWith('store-') ? RETIRED['store-*'] : undefined);
  if (hint === undefined || !isName(name)) return undefined;
  return { problem: `${name} was a part of Deis v1 and is no component here`, hint };
}

function isName(name: string): boolean {
  return Object.hasOwn(RETIRED, name) || name.startsWith('store-');
}
