// deisctl certs rotate: finds the way to every machine, and lets it be done.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkoutRoot } from '../../machines/checkout.ts';
import type { ClusterContext } from '../../machines/context.ts';
import { clusterPaths } from '../../machines/local/record.ts';
import { withCluster } from '../../machines/local/with-cluster.ts';
import type { Progress } from '../../machines/progress.ts';
import { type Rotating, rotateCertificates } from '../../machines/rotation/rotate.ts';
import { openAccess } from '../../machines/ssh-keys.ts';
import type { Machine } from '../../model/cluster.ts';
import { DeisError } from '../../model/errors.ts';
import { keys } from '../../registry/keys.ts';
import { openCluster, type ClusterChoice } from '../context.ts';
import { SSH_USER } from '../reach/way.ts';

/** Throws DeisError 'forbidden' where the authority is not kept. Resolves to whether an earlier run was finished. */
export async function rotateAll(
  choice: ClusterChoice,
  context: ClusterContext,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ resumed: boolean }> {
  const folder = dirname(context.tls.ca);
  if (!existsSync(join(folder, 'ca.key'))) {
    throw new DeisError(
      'forbidden',
      `${folder}/ca.key is not there: certificates are changed where the cluster's authority is kept`,
      'Use the computer, and the account, that made the cluster.',
    );
  }
  const root = checkoutRoot();
  const paths = clusterPaths(root, context.name);
  const user = existsSync(paths.record) ? 'root' : SSH_USER;
  const rotating: Rotating = {
    cluster: context.name,
    folder,
    etcd: context.etcd,
    async open() {
      const cluster = await openCluster(choice, signal);
      const { registry, tls, dial: through } = cluster;
      return { registry, way: { tls, through }, close: () => cluster.close() };
    },
    shell: (machine) => shellOn(machine, user, choice, context, signal),
    kept: ({ name }) => paths.machine(name).identity,
    now: new Date(),
    progress,
  };
  const work = () => rotateCertificates(rotating, signal);
  return await withCluster(root, context.name, progress, work, signal);
}

/** A host that joined is reached as it was then, any other machine by the cluster's own key. */
async function shellOn(
  machine: Machine,
  user: string,
  choice: ClusterChoice,
  context: ClusterContext,
  signal: AbortSignal,
) {
  const cluster = await openCluster(choice, signal);
  try {
    const node = (await cluster.registry.get(keys.nodes, [machine.id], signal))?.value;
    const usual = { host: machine.ip, port: 22, user, hostKey: '' };
    return await openAccess(node?.access ?? usual, context, signal, machine.hostKeys);
  } finally {
    cluster.close();
  }
}
