// deisctl nodes update: a machine changes its formation or layer. It is emptied first, so nothing runs where it may not.

import { isDeepStrictEqual } from 'node:util';
import type { Machine } from '../../model/cluster.ts';
import { labelsOf, nextNumber, type Node } from '../../model/formation.ts';
import { keys } from '../../registry/keys.ts';
import { put } from '../../registry/registry.ts';
import { despiteSilence } from '../despite-silence.ts';
import { ensureRouters } from '../formations/routers.ts';
import { order } from '../machines/orders.ts';
import type { Operation } from '../platform/operation.ts';
import { pause } from '../pause.ts';
import { layerOf } from './create.ts';
import { emptyMachine } from './empty.ts';

export interface NodeMove {
  formation: string;
  layer: string;
  patience: number;
}

/** Resolves when the machine shows its new labels and takes work again. */
export async function moveNode(
  operation: Operation,
  node: Node,
  machine: Machine,
  { formation, layer, patience }: NodeMove,
  signal: AbortSignal,
): Promise<Node> {
  const { registry } = operation;
  const labels = labelsOf(formation, await layerOf(registry, formation, layer, signal));
  if (isThere(node, { formation, layer }, labels)) return node;
  const { items } = await registry.list(keys.nodes, [], signal);
  const known = items.map(({ value }) => value);
  const moved: Node = {
    ...node,
    formation,
    layer,
    number: nextNumber(known, formation, layer),
    labels,
    created: node.created || new Date().toISOString(),
  };
  await emptyMachine(operation, machine, { patience }, signal);
  const write = put(keys.nodes, [node.machine], moved);
  await despiteSilence(() => registry.commit([], [write], signal), signal);
  await untilLabelled(operation, moved, signal);
  await order(registry, machine, undefined, signal);
  for (const touched of new Set([node.formation, formation])) {
    await ensureRouters(operation, touched, signal);
  }
  return moved;
}

/** Nothing has to move for a machine to stay where it is. */
function isThere(
  node: Node,
  { formation, layer }: Pick<NodeMove, 'formation' | 'layer'>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const same = node.formation === formation && node.layer === layer;
  return same && isDeepStrictEqual(node.labels, labels);
}

async function untilLabelled(
  { registry, output }: Operation,
  node: Node,
  signal: AbortSignal,
): Promise<void> {
  for (let looks = 0; ; looks += 1) {
    const read = () => registry.get(keys.machines, [node.machine], signal);
    const metadata = (await despiteSilence(read, signal))?.value.metadata;
    const shown = Object.entries(node.labels).every(([name, value]) => metadata?.[name] === value);
    const stale = ['formation', 'layer'].some((name) => !(name in node.labels) && metadata?.[name]);
    if (shown && !stale) return;
    if (looks === 50) output.line(`${node.id}: waiting until its deisd shows its labels`);
    await pause(100, signal);
  }
}
