// deisctl layers scale: makes machines until a layer has as many as wanted, or empties and removes the oldest.

import { DeisError } from '../../model/errors.ts';
import { labelsOf, type Layer, nextNumber, type Node, nodeId } from '../../model/formation.ts';
import { checkoutRoot } from '../../machines/checkout.ts';
import { UNDO_MS } from '../../machines/join/join.ts';
import { keys } from '../../registry/keys.ts';
import { type Registry, put } from '../../registry/registry.ts';
import { formationCalled, mustGet, placeThere } from '../formations/records.ts';
import { flavorCalled, type KnownProvider, providerCalled } from '../formations/providers.ts';
import { ensureRouters } from '../formations/routers.ts';
import type { Operation } from '../platform/operation.ts';
import { alone } from '../alone.ts';
import { createNode, newNode, type Surroundings, untilReady } from './create.ts';
import { destroyNode } from './destroy.ts';
import { followNodes } from './members.ts';

export interface LayerScale {
  formation: string;
  layer: string;
  count: number;
}

export interface ScaleOptions {
  /** ms without anything leaving a machine. */
  patience: number;
}

const MOST = 100;

/** `runtime=2 proxy=1`. Throws DeisError 'invalid'. */
export function parseScale(words: readonly string[], formation: string): LayerScale[] {
  const said = new Set<string>();
  return words.map((word) => {
    const [, layer, count] = /^([a-z][a-z0-9-]*)=(\d{1,3})$/.exec(word) ?? [];
    if (layer !== undefined && said.has(layer)) {
      throw new DeisError('invalid', `layer "${layer}" is said twice`);
    }
    if (layer !== undefined && Number(count) <= MOST) {
      said.add(layer);
      return { formation, layer, count: Number(count) };
    }
    throw new DeisError(
      'invalid',
      `"${word}" is not LAYER=NUMBER`,
      `Example: runtime=3, at most ${MOST}`,
    );
  });
}

/** Oldest first: they go first. */
export function nodesOf(
  nodes: readonly Node[],
  { formation, layer }: Pick<LayerScale, 'formation' | 'layer'>,
): Node[] {
  return nodes
    .filter((node) => node.formation === formation && node.layer === layer)
    .toSorted((a, b) => a.number - b.number || (a.id < b.id ? -1 : 1));
}

/** Machines come one after the other, and go one after the other. Throws DeisError naming what is in the way; what is done stays done. */
export async function scaleLayer(
  operation: Operation,
  around: Surroundings,
  wish: LayerScale,
  options: ScaleOptions,
  signal: AbortSignal,
): Promise<void> {
  const { registry, output } = operation;
  const { formation, layer } = wish;
  await formationCalled(registry, formation, signal);
  await mustGet(registry, 'layer', keys.layers, [formation, layer], signal);
  const work = (held: AbortSignal) => scaleAlone(operation, around, wish, options, held);
  await alone(registry, `layer/${formation}/${layer}`, output, work, signal);
}

async function scaleAlone(
  operation: Operation,
  around: Surroundings,
  wish: LayerScale,
  options: ScaleOptions,
  signal: AbortSignal,
): Promise<void> {
  const { registry } = operation;
  const { formation, layer: id, count } = wish;
  const layer = await mustGet(registry, 'layer', keys.layers, [formation, id], signal);
  let nodes = nodesOf(await allNodes(registry, signal), wish);
  while (nodes.length < count) {
    const node = await addNode(layer, around, signal);
    await followNodes(around, undefined, signal);
    operation.output.line(`${node.id}  ${node.address}`);
    nodes = nodesOf(await allNodes(registry, signal), wish);
  }
  for (const node of nodes.slice(0, nodes.length - count)) {
    await destroyNode(node, around, operation, { ...options, gone: false }, signal);
    operation.output.line(`${node.id} is gone`);
  }
  await ensureRouters(operation, formation, signal);
}

async function allNodes(registry: Registry, signal: AbortSignal): Promise<Node[]> {
  return (await registry.list(keys.nodes, [], signal)).items.map(({ value }) => value);
}

async function addNode(layer: Layer, around: Surroundings, signal: AbortSignal): Promise<Node> {
  const { registry } = around;
  const { formation, id, flavor: flavorId } = layer;
  if (flavorId === '') {
    throw new DeisError(
      'invalid',
      `layer ${id} has no flavor: nobody knows what to make its machines from`,
      `Say it: deisctl layers update ${formation} ${id} --flavor=local\nOr bring machines: deisctl nodes create ${formation} HOST --layer=${id}`,
    );
  }
  const flavor = await flavorCalled(registry, flavorId, signal);
  const provider = await providerCalled(registry, flavor.provider, signal);
  const nodes = await allNodes(registry, signal);
  const number = nextNumber(nodes, formation, id);
  const name = nodeId(formation, id, number);
  const params = { ...provider.params, ...flavor.params };
  return await makeNode(
    layer,
    provider,
    { name, number, params, nodes, by: flavor.provider },
    around,
    signal,
  );
}

interface NewMachine {
  name: string;
  number: number;
  params: Record<string, string>;
  nodes: readonly Node[];
  /** Name of the provider. */
  by: string;
}

async function makeNode(
  layer: Layer,
  { machines }: KnownProvider,
  { name, number, params, nodes, by }: NewMachine,
  around: Surroundings,
  signal: AbortSignal,
): Promise<Node> {
  const { context, progress, registry } = around;
  const workshop = { root: checkoutRoot(), context, progress };
  const place = { formation: layer.formation, layer: layer.id };
  const labels = labelsOf(layer.formation, layer);
  const made = await machines.create({ name, labels, params, nodes }, workshop, signal);
  if (made.kind === 'bare') {
    const wish = { ...place, name, metadata: {}, access: made.access, provider: by };
    return await createNode(wish, around, signal);
  }
  const node = newNode({ ...made, name, number, provider: by }, place, layer);
  try {
    const there = await placeThere(registry, place, signal);
    const write = put(keys.nodes, [node.machine], node);
    const { applied } = await registry.commit(there, [write], signal);
    if (!applied) throw new DeisError('conflict', `layer ${layer.id} was just removed`);
  } catch (error) {
    // Nobody would know of it.
    await machines.destroy(node, workshop, AbortSignal.timeout(UNDO_MS));
    throw error;
  }
  await progress.step('In the cluster', () => untilReady(registry, { ...made, name }, signal));
  return node;
}
