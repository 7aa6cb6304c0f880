// How certificates get to machines: a login at each, through the tunnel if there is one, and also while the store is away.

import { existsSync } from 'node:fs';
import { checkoutRoot } from '../../machines/checkout.ts';
import type { ClusterContext } from '../../machines/context.ts';
import { clusterPaths } from '../../machines/local/record.ts';
import { openAccess } from '../../machines/ssh-keys.ts';
import { DeisError, isDeisError } from '../../model/errors.ts';
import type { Machine } from '../../model/cluster.ts';
import type { SshAccess } from '../../model/formation.ts';
import type { Host } from '../../ports/host.ts';
import { keys } from '../../registry/keys.ts';
import { type Cluster, type ClusterChoice, openCluster } from '../context.ts';
import { SSH_USER } from '../reach/way.ts';
import { findMachine } from '../views/machines.ts';

export type Reached = Pick<Machine, 'id' | 'name' | 'ip' | 'hostKeys'>;

/** A host that joined is reached as it was then, any other machine by the cluster's own key. Throws DeisError. */
export async function shellOn(
  machine: Reached,
  choice: ClusterChoice,
  context: ClusterContext,
  signal: AbortSignal,
): Promise<Host> {
  const cluster = await openCluster(choice, signal);
  try {
    const access = (await accessOf(machine, cluster, signal)) ?? {
      host: machine.ip,
      port: 22,
      user: userOf(context),
      hostKey: '',
    };
    const { dial } = cluster;
    const host = await openAccess(access, context, signal, machine.hostKeys, dial);
    const close = (): void => {
      host.close();
      cluster.close();
    };
    return { name: host.name, run: (...given) => host.run(...given), close };
  } catch (error) {
    cluster.close();
    throw error;
  }
}

/** Undefined: nobody said another way. */
async function accessOf(
  { id }: Reached,
  { registry }: Cluster,
  signal: AbortSignal,
): Promise<SshAccess | undefined> {
  try {
    return (await registry.get(keys.nodes, [id], signal))?.value.access;
  } catch (error) {
    if (isDeisError(error, 'unavailable')) return undefined;
    throw error;
  }
}

function userOf({ name }: ClusterContext): string {
  return existsSync(clusterPaths(checkoutRoot(), name).record) ? 'root' : SSH_USER;
}

/** Machines that a person named; those that this computer knows while the store is away. Throws DeisError 'not-found'. */
export async function machinesCalled(
  words: readonly string[],
  { registry }: Pick<Cluster, 'registry'>,
  context: ClusterContext,
  signal: AbortSignal,
): Promise<Reached[]> {
  const known = await registry.list(keys.machines, [], signal).then(
    ({ items }): Reached[] => items.map(({ value }) => value),
    (error: unknown): Reached[] => {
      if (isDeisError(error, 'unavailable')) return context.machines;
      throw error;
    },
  );
  return words.map((word) => {
    const found = findMachine(word, known);
    if ('problem' in found) throw new DeisError('not-found', found.problem);
    return found;
  });
}
