// deisctl cordon, drain and uncordon: orders for one machine.

import { DeisError } from '../../model/errors.ts';
import type { Machine, Orders } from '../../model/cluster.ts';
import { keys } from '../../registry/keys.ts';
import { type Registry, put, remove } from '../../registry/registry.ts';
import { despiteSilence } from '../despite-silence.ts';
import { findMachine } from '../views/machines.ts';

/** Throws DeisError 'not-found' when no machine is called so. */
export async function machineCalled(
  registry: Registry,
  word: string,
  signal: AbortSignal,
): Promise<Machine> {
  const { items } = await registry.list(keys.machines, [], signal);
  const found = findMachine(
    word,
    items.map(({ value }) => value),
  );
  if ('problem' in found) {
    throw new DeisError('not-found', found.problem, 'See all machines: deisctl machines');
  }
  return found;
}

/** Undefined takes all orders back. The last word of an operator counts, so nothing is compared. */
export async function order(
  registry: Registry,
  machine: Machine,
  orders: Orders | undefined,
  signal: AbortSignal,
): Promise<void> {
  const write = orders ? put(keys.orders, [machine.id], orders) : remove(keys.orders, [machine.id]);
  await despiteSilence(() => registry.commit([], [write], signal), signal);
}
