// Takes a machine's traces out of the store, once its deisd runs no more: only then nobody writes them again.

import { IDENTITIES } from '../../model/identity.ts';
import { keys } from '../../registry/keys.ts';
import { despiteSilence } from '../despite-silence.ts';
import { type Registry, remove } from '../../registry/registry.ts';

/** etcd takes 128 operations in a transaction. */
const BATCH = 100;

/** Also what could not move anywhere else: the scheduler never takes a unit from a machine that nobody knows, and places what has no home. */
export async function forgetMachine(
  registry: Registry,
  machine: string,
  signal: AbortSignal,
): Promise<void> {
  const [states, placements, turn] = await Promise.all([
    registry.list(keys.states, [machine], signal),
    registry.list(keys.placements, [machine], signal),
    registry.get(keys.reboots, ['turn'], signal),
  ]);
  const writes = [
    ...(turn?.value.machine === machine ? [remove(keys.reboots, ['turn'])] : []),
    remove(keys.alive, [machine]),
    remove(keys.machines, [machine]),
    remove(keys.orders, [machine]),
    remove(keys.lost, [machine]),
    remove(keys.routerAlive, [machine]),
    remove(keys.routerHosts, [machine]),
    remove(keys.routerApplied, [machine]),
    ...IDENTITIES.map((component) => remove(keys.identities, [component, machine])),
    ...states.items.map(({ ids }) => remove(keys.states, ids)),
    ...placements.items.map(({ ids }) => remove(keys.placements, ids)),
  ];
  for (let start = 0; start < writes.length; start += BATCH) {
    const batch = writes.slice(start, start + BATCH);
    await despiteSilence(() => registry.commit([], batch, signal), signal);
  }
}

/** The last trace: until then a removal that was cut off can be taken up again. */
export async function forgetNode(
  registry: Registry,
  machine: string,
  signal: AbortSignal,
): Promise<void> {
  await registry.commit([], [remove(keys.nodes, [machine])], signal);
}
