// Whether a host that asks to join is new, and what it will be called.

import { DeisError } from '../../model/errors.ts';
import type { Machine } from '../../model/cluster.ts';
import { type Node, nodeId } from '../../model/formation.ts';
import type { HostFacts } from '../../machines/join/host-facts.ts';
import type { NodeWish } from './create.ts';

/** A join that was cut off after deisd had begun there has left a machine without a node: it is taken up again. */
export function requireNew(
  { machine, begun }: Pick<HostFacts, 'machine' | 'begun'>,
  taken: readonly Machine[],
  known: readonly Node[],
  living: ReadonlySet<string>,
): void {
  const other = taken.find(({ id }) => id === machine && living.has(id));
  const node = known.find((one) => one.machine === machine);
  if (!begun && (node ?? other)) {
    const name = node?.id ?? other!.name;
    throw new DeisError(
      'conflict',
      `a machine with its machine-id (${machine}) is in the cluster already: ${name}`,
      `Hosts made from one image need ids of their own: empty /etc/machine-id there and reboot. If it is the same host: deisctl nodes destroy ${name}`,
    );
  }
  if (!node) return;
  throw new DeisError(
    'conflict',
    `the host is in the cluster already, as ${node.id}`,
    'See: deisctl nodes list',
  );
}

export function chooseName(
  { name, formation, layer }: Pick<NodeWish, 'name' | 'formation' | 'layer'>,
  number: number,
  { hostname, machine }: Pick<HostFacts, 'hostname' | 'machine'>,
  taken: readonly Machine[],
): string {
  const isTaken = (candidate: string): boolean =>
    taken.some((other) => other.name === candidate && other.id !== machine);
  const fits = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
  const own = layer === '' && fits.test(hostname) && hostname !== 'localhost' && !isTaken(hostname);
  const chosen = name ?? (own ? hostname : nodeId(formation, layer, number));
  if (!fits.test(chosen)) {
    throw new DeisError(
      'invalid',
      `"${chosen}" is no name for a machine`,
      'Use small letters, digits and dashes.',
    );
  }
  if (!isTaken(chosen)) return chosen;
  throw new DeisError(
    'conflict',
    `a machine is called "${chosen}" already`,
    'Give another one with --name.',
  );
}
