// deisctl nodes update: a machine changes its formation or layer. It is emptied first, so nothing runs where it may not.

import { isDeepStrictEqual } from 'node:util';
import type { Machine } from '../../model/cluster.ts';
import { DeisError } from '../../model/errors.ts';
import { labelsOf, nextNumber, type Node } from '../../model/formation.ts';
import { keys } from '../../registry/keys.ts';
import { type Registry, put } from '../../registry/registry.ts';
import { alone } from '../alone.ts';
import { despiteSilence } from '../despite-silence.ts';
import { placeThere } from '../formations/records.ts';
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

/**
 * Resolves when the machine shows its new labels and takes work again. Throws DeisError 'unavailable' when nobody is there to take
 * them: nothing has changed then.
 */
export async function moveNode(
  operation: Operation,
  node: Node,
  machine: Machine,
  move: NodeMove,
  signal: AbortSignal,
): Promise<Node> {
  const work = (held: AbortSignal) => moveAlone(operation, node, machine, move, held);
  return await alone(operation.registry, `node/${node.machine}`, operation.output, work, signal);
}

async function moveAlone(
  operation: Operation,
  given: Node,
  machine: Machine,
  { formation, layer, patience }: NodeMove,
  signal: AbortSignal,
): Promise<Node> {
  const { registry } = operation;
  const labels = labelsOf(formation, await layerOf(registry, formation, layer, signal));
  // Somebody else may have moved it while we waited.
  const node = (await registry.get(keys.nodes, [given.machine], signal))?.value ?? given;
  const ordered = (await registry.get(keys.orders, [node.machine], signal))?.value;
  // One that is drained may be there half way only.
  if (isThere(node, { formation, layer }, labels) && ordered?.drain !== true) return node;
  await requireLife(registry, node, signal);
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
  await recordPlace(registry, moved, signal);
  await untilLabelled(operation, moved, patience, signal);
  await order(registry, machine, undefined, signal);
  for (const touched of new Set([node.formation, formation])) {
    await ensureRouters(operation, touched, signal);
  }
  return moved;
}

async function recordPlace(registry: Registry, node: Node, signal: AbortSignal): Promise<void> {
  const write = put(keys.nodes, [node.machine], node);
  const commit = async (): Promise<boolean> => {
    const there = await placeThere(registry, node, signal);
    return (await registry.commit(there, [write], signal)).applied;
  };
  // Refused: its place was just removed or made anew; then this says so, or it is there.
  while (!(await despiteSilence(commit, signal)));
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

async function requireLife(
  registry: Registry,
  { id, machine }: Node,
  signal: AbortSignal,
): Promise<void> {
  if (await registry.get(keys.alive, [machine], signal)) return;
  throw new DeisError(
    'unavailable',
    `${id} is silent: nobody there could empty it or take its new place`,
    `When it is back, try again. If it is gone for good: deisctl nodes destroy ${id} --gone`,
  );
}

async function untilLabelled(
  { registry, output }: Operation,
  node: Node,
  patience: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + patience;
  for (let looks = 0; ; looks += 1) {
    const read = () => registry.get(keys.machines, [node.machine], signal);
    const metadata = (await despiteSilence(read, signal))?.value.metadata;
    const shown = Object.entries(node.labels).every(([name, value]) => metadata?.[name] === value);
    const stale = ['formation', 'layer'].some((name) => !(name in node.labels) && metadata?.[name]);
    if (shown && !stale) return;
    if (performance.now() > deadline) {
      throw new DeisError(
        'timeout',
        `${node.id} has its new place, but its deisd does not show it; it takes no work until then`,
        'When it answers again, give the same order again: that finishes it.',
      );
    }
    if (looks === 50) output.line(`${node.id}: waiting until its deisd shows its labels`);
    await pause(100, signal);
  }
}
