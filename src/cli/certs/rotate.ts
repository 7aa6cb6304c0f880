// deisctl certs rotate and reissue: find the way to the machines, and let it be done.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readAuthority } from '../../machines/authority-files.ts';
import { checkoutRoot } from '../../machines/checkout.ts';
import type { ClusterContext } from '../../machines/context.ts';
import { clusterPaths } from '../../machines/local/record.ts';
import { withCluster } from '../../machines/local/with-cluster.ts';
import type { Progress } from '../../machines/progress.ts';
import { newOperator } from '../../machines/rotation/record.ts';
import { reissueMachine } from '../../machines/rotation/reissue.ts';
import { type Rotating, rotateCertificates } from '../../machines/rotation/rotate.ts';
import { DeisError } from '../../model/errors.ts';
import { OPERATOR } from '../../registry/roles.ts';
import { openCluster, type ClusterChoice } from '../context.ts';
import { machinesCalled, shellOn } from './shells.ts';

/** `without`: machines that are away. Throws DeisError 'forbidden' where the authority is not kept. Resolves to whether an earlier run was finished. */
export async function rotateAll(
  choice: ClusterChoice,
  context: ClusterContext,
  without: readonly string[],
  progress: Progress,
  signal: AbortSignal,
): Promise<{ resumed: boolean }> {
  const folder = authorityFolder(context);
  const root = checkoutRoot();
  const paths = clusterPaths(root, context.name);
  const open = async () => {
    const cluster = await openCluster(choice, signal);
    const { registry, tls, dial: through } = cluster;
    return { registry, way: { tls, through }, close: () => cluster.close() };
  };
  const work = async () => {
    const opened = await open();
    const left = await machinesCalled(without, opened, context, signal).finally(opened.close);
    const rotating: Rotating = {
      cluster: context.name,
      folder,
      etcd: context.etcd,
      open,
      shell: (machine) => shellOn(machine, choice, context, signal),
      kept: ({ name }) => paths.machine(name).identity,
      without: new Set(left.map(({ id }) => id)),
      now: new Date(),
      progress,
    };
    return await rotateCertificates(rotating, signal);
  };
  return await withCluster(root, context.name, progress, work, signal);
}

/** `word`: a machine, or `operator`. Throws as above. */
export async function reissue(
  choice: ClusterChoice,
  context: ClusterContext,
  word: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const folder = authorityFolder(context);
  const root = checkoutRoot();
  const now = new Date();
  const work = async (): Promise<void> => {
    if (word === OPERATOR) return await newOperator(folder, await readAuthority(folder), now);
    const cluster = await openCluster(choice, signal);
    const [machine] = await machinesCalled([word], cluster, context, signal).finally(() =>
      cluster.close(),
    );
    await reissueMachine(
      {
        folder,
        machine: machine!,
        shell: () => shellOn(machine!, choice, context, signal),
        kept: clusterPaths(root, context.name).machine(machine!.name).identity,
        now,
        progress,
      },
      signal,
    );
  };
  await withCluster(root, context.name, progress, work, signal);
}

function authorityFolder(context: ClusterContext): string {
  const folder = dirname(context.tls.ca);
  if (existsSync(join(folder, 'ca.key'))) return folder;
  throw new DeisError(
    'forbidden',
    `${folder}/ca.key is not there: certificates are changed where the cluster's authority is kept`,
    'Use the computer, and the account, that made the cluster.',
  );
}
