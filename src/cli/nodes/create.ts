// deisctl nodes:create: an existing host becomes a machine of the cluster, and a node of a formation.

import { DeisError, isDeisError, toDeisError } from '../../model/errors.ts';
import {
  DEFAULT_FORMATION,
  labelsOf,
  nextNumber,
  type Layer,
  type Node,
  type SshAccess,
} from '../../model/formation.ts';
import { checkoutRoot } from '../../machines/checkout.ts';
import type { ClusterContext } from '../../machines/context.ts';
import type { HostFacts } from '../../machines/join/host-facts.ts';
import { type Joined, joinHost, UNDO_MS } from '../../machines/join/join.ts';
import { leaveHost, takeBack } from '../../machines/join/leave.ts';
import { clusterKit } from '../../machines/kit.ts';
import type { Dial } from '../../adapters/tcp-reach.ts';
import { mayCarry } from '../../machines/members/ssh-member.ts';
import type { Progress } from '../../machines/progress.ts';
import { openAccess } from '../../machines/ssh-keys.ts';
import { keys } from '../../registry/keys.ts';
import { type Registry, absent, put } from '../../registry/registry.ts';
import { placeThere } from '../formations/records.ts';
import { pause } from '../pause.ts';
import { chooseName, requireNew } from './newcomer.ts';
import { forgetMachine, forgetNode } from './forget.ts';

export interface NodeWish {
  formation: string;
  /** '': in no layer. */
  layer: string;
  /** Undefined: the host's name, or a number in its layer. */
  name?: string | undefined;
  ip?: string | undefined;
  metadata: Record<string, string>;
  access: SshAccess;
  provider: string;
}

/** What a cluster of ours is reached by and made from. */
export interface Surroundings {
  registry: Registry;
  /** Replaced when the store gets or loses a member. */
  context: ClusterContext;
  /** This command asks the store at these members from now on. */
  follow: (endpoints: readonly string[]) => void;
  /** Another way to machines than straight. */
  through: Dial | undefined;
  progress: Progress;
}

/** A machine that was started must be heard of within this time, ms. */
const READY_MS = 90_000;
const LOOK_MS = 200;

/** Throws DeisError naming what is in the way; the host is then as it was. */
export async function createNode(
  wish: NodeWish,
  around: Surroundings,
  signal: AbortSignal,
): Promise<Node> {
  const { registry, context, progress } = around;
  const layer = await layerOf(registry, wish.formation, wish.layer, signal);
  const [nodes, machines, alive] = await Promise.all([
    registry.list(keys.nodes, [], signal),
    registry.list(keys.machines, [], signal),
    registry.list(keys.alive, [], signal),
  ]);
  const living = new Set(alive.items.map(({ ids }) => ids[0]!));
  const known = nodes.items.map(({ value }) => value);
  const number = nextNumber(known, wish.formation, wish.layer);
  const taken = machines.items.map(({ value }) => value);
  const kit = await clusterKit(checkoutRoot(), context);
  const host = await openAccess(wish.access, context, signal);
  /** machine-id of the host, once something is done there. */
  let begun: string | undefined;
  const forget = async (machine: string): Promise<void> => {
    const undo = AbortSignal.timeout(UNDO_MS);
    await forgetMachine(registry, machine, undo);
    await forgetNode(registry, machine, undo);
  };
  try {
    const joining = {
      nameFor: (facts: HostFacts) => {
        requireNew(facts, taken, known, living);
        begun = facts.machine;
        return chooseName(wish, number, facts, taken);
      },
      ip: wish.ip,
      metadata: wish.metadata,
      labels: labelsOf(wish.formation, layer),
    };
    const joined = await joinHost(host, kit, joining, progress, signal).catch(
      async (error: unknown) => {
        // Its deisd may have said something before it was ended.
        const machine = begun;
        if (machine !== undefined)
          await takeBack(progress, 'Out of the cluster', () => forget(machine));
        throw error;
      },
    );
    const node: Node = {
      ...newNode({ ...joined, number, provider: wish.provider }, wish, layer),
      access: { ...wish.access, hostKey: host.hostKey },
      mayCarryStore: mayCarry(joined.facts),
    };
    try {
      await record(registry, node, signal);
      await progress.step('In the cluster', () => untilReady(registry, joined, signal));
    } catch (error) {
      // Then it is somebody else's.
      if (isDeisError(error, 'conflict')) throw error;
      await takeBack(progress, `Taking everything back from ${host.name}`, async () => {
        await leaveHost(host, AbortSignal.timeout(UNDO_MS));
        await forget(node.machine);
      });
      throw error;
    }
    return node;
  } finally {
    host.close();
  }
}

/** The record of a machine that has just come. */
export function newNode(
  made: { id: string; ip: string; name: string; number: number; provider: string },
  { formation, layer }: Pick<Node, 'formation' | 'layer'>,
  of: Layer | undefined,
): Node {
  return {
    id: made.name,
    machine: made.id,
    formation,
    layer,
    number: made.number,
    provider: made.provider,
    address: made.ip,
    labels: labelsOf(formation, of),
    created: new Date().toISOString(),
  };
}

/** Undefined for "in no layer". Throws DeisError 'not-found'. */
export async function layerOf(
  registry: Registry,
  formation: string,
  layer: string,
  signal: AbortSignal,
): Promise<Layer | undefined> {
  if (
    formation !== DEFAULT_FORMATION &&
    !(await registry.get(keys.formations, [formation], signal))
  ) {
    throw new DeisError(
      'not-found',
      `there is no formation "${formation}"`,
      `Make it: deisctl formations create ${formation} --domain=<domain>`,
    );
  }
  if (layer === '') return undefined;
  const found = await registry.get(keys.layers, [formation, layer], signal);
  if (found) return found.value;
  throw new DeisError(
    'not-found',
    `formation ${formation} has no layer "${layer}"`,
    `Make it: deisctl layers create ${formation} ${layer}`,
  );
}

async function record(registry: Registry, node: Node, signal: AbortSignal): Promise<void> {
  const { applied } = await registry.commit(
    [absent(keys.nodes, [node.machine]), ...(await placeThere(registry, node, signal))],
    [put(keys.nodes, [node.machine], node)],
    signal,
  );
  if (applied) return;
  const present = await registry.get(keys.nodes, [node.machine], signal);
  if (present?.value.created === node.created) return;
  // Then the place has gone, and this says so.
  if (!present) return await record(registry, node, signal);
  throw new DeisError(
    'conflict',
    `somebody else has just made a node of this host`,
    'See: deisctl nodes list',
  );
}

/** Its heartbeat is there, and its Engine answers. */
export async function untilReady(
  registry: Registry,
  { id, name }: Pick<Joined, 'id' | 'name'>,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const [machine, alive] = await Promise.all([
      registry.get(keys.machines, [id], signal),
      registry.get(keys.alive, [id], signal),
    ]).catch((error: unknown) => {
      signal.throwIfAborted();
      if (toDeisError(error).code === 'unavailable') return [undefined, undefined] as const;
      throw error;
    });
    if (alive && machine && machine.value.versions.engine !== '') return;
    if (performance.now() > deadline) {
      const what = alive ? 'its Docker Engine does not answer' : 'its deisd was not heard of';
      throw new DeisError(
        'timeout',
        `${name} was set up, but ${what} within ${READY_MS / 1000} s; everything was taken back`,
        'Can it reach all members of the store, and they it? Is its clock right?',
      );
    }
    await pause(LOOK_MS, signal);
  }
}
