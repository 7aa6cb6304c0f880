// deisctl nodes list and info: machines with their places in formations.

import { DEFAULT_FORMATION, type Node } from '../../model/formation.ts';
import { DeisError } from '../../model/errors.ts';
import type { Machine } from '../../model/cluster.ts';
import { keys } from '../../registry/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import { table } from '../table.ts';
import { type MachineState } from '../views/machines.ts';
import { readMachines } from '../views/read.ts';

/** One element of `deisctl nodes list --json`. */
export interface NodeRow {
  id: string;
  formation: string;
  layer: string;
  address: string;
  provider: string;
  /** `missing`: a node whose machine has never been heard of. */
  state: MachineState | 'missing';
  machine: string;
  labels: Record<string, string>;
  created: string;
}

/** Every machine is a node: one without a record of its own is in the default formation, in no layer. */
export async function readNodes(registry: Registry, signal: AbortSignal): Promise<NodeRow[]> {
  const [nodes, machines] = await Promise.all([
    registry.list(keys.nodes, [], signal),
    readMachines(registry, signal),
  ]);
  const states = new Map(machines.map((row) => [row.id, row]));
  const known = nodes.items.map(({ value }) => value);
  const rows = known.map((node) => rowOf(node, states.get(node.machine)?.state ?? 'missing'));
  const others = machines
    .filter(({ id }) => !known.some(({ machine }) => machine === id))
    .map((machine) => rowOf(plainNode(machine), machine.state));
  return [...rows, ...others].toSorted(nodeTableOrder);
}

export function nodeTableOrder(a: Pick<NodeRow, 'id'>, b: Pick<NodeRow, 'id'>): number {
  return a.id.localeCompare(b.id, 'en', { numeric: true });
}

/** What a machine is that nobody put anywhere. */
export function plainNode({ id, name, ip }: Pick<Machine, 'id' | 'name' | 'ip'>): Node {
  return {
    id: name,
    machine: id,
    formation: DEFAULT_FORMATION,
    layer: '',
    number: 0,
    provider: '',
    address: ip,
    labels: {},
    created: '',
  };
}

function rowOf(node: Node, state: NodeRow['state']): NodeRow {
  const { id, formation, layer, address, provider, machine, labels, created } = node;
  return { id, formation, layer, address, provider, state, machine, labels, created };
}

export function nodeTable(rows: readonly NodeRow[]): string[] {
  return table([
    ['NODE', 'FORMATION', 'LAYER', 'ADDRESS', 'STATE', 'PROVIDER'],
    ...rows.map(({ id, formation, layer, address, state, provider }) => [
      id,
      formation,
      layer || '-',
      address,
      state,
      provider || '-',
    ]),
  ]);
}

/** The node that a person means by its name, address or machine-id. Throws DeisError 'not-found'. */
export async function nodeCalled(
  registry: Registry,
  word: string,
  signal: AbortSignal,
): Promise<Node> {
  const [nodes, machines] = await Promise.all([
    registry.list(keys.nodes, [], signal),
    registry.list(keys.machines, [], signal),
  ]);
  const known = nodes.items.map(({ value }) => value);
  const plain = machines.items
    .filter(({ value }) => !known.some(({ machine }) => machine === value.id))
    .map(({ value }) => plainNode(value));
  const all = [...known, ...plain];
  const found = all.filter(({ id, address, machine, access }) =>
    [id, address, machine, access?.host].includes(word),
  );
  if (found.length === 1) return found[0]!;
  const names = all.map(({ id }) => id).toSorted();
  throw new DeisError(
    'not-found',
    found.length > 1 ? `"${word}" fits several nodes` : `there is no node "${word}"`,
    `Nodes: ${names.join(', ') || 'none'}.`,
  );
}
