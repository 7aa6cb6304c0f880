// deisctl rebalance: wishes that units be spread anew, and waits until the scheduler has carried it out.

import { randomUUID } from 'node:crypto';
import { DeisError } from '../../model/errors.ts';
import { keys } from '../../registry/keys.ts';
import { type Registry, put, unchanged } from '../../registry/registry.ts';
import type { Output } from '../output.ts';
import { pause } from '../pause.ts';

const LOOK_MS = 250;

/**
 * Waits first for an order of somebody else that is being carried out, and says so. Throws DeisError 'timeout' when all is not done
 * after `timeout` ms.
 */
export async function rebalance(
  registry: Registry,
  output: Output,
  timeout: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + timeout;
  const id = randomUUID();
  let [told, waits, asked] = ['', false, false];
  for (;;) {
    const { wish, status } = await read(registry, signal);
    const mine = wish?.value.id === id;
    // Another's takes the place of ours only once ours is done.
    if (asked && wish && !mine) return;
    if (!mine && (!wish || status?.done === wish.value.id)) {
      const value = { id, at: new Date().toISOString() };
      const same = unchanged(keys.rebalance, ['wish'], wish?.modRevision ?? 0);
      const write = put(keys.rebalance, ['wish'], value);
      asked = (await registry.commit([same], [write], signal)).applied;
      if (asked) continue;
    } else if (!mine && !waits) {
      waits = true;
      output.line('waiting: another order to spread units is being carried out');
    }
    if (mine && status && status.text !== told && status.since >= wish.value.at) {
      told = status.text;
      output.line(told);
    }
    if (mine && status?.done === id) return;
    if (performance.now() > deadline) {
      throw new DeisError(
        'timeout',
        `the scheduler has not finished after ${Math.round(timeout / 1000)} s; it goes on`,
        'See what it waits for: deisctl status',
      );
    }
    await pause(LOOK_MS, signal);
  }
}

async function read(registry: Registry, signal: AbortSignal) {
  const [wish, status] = await Promise.all([
    registry.get(keys.rebalance, ['wish'], signal),
    registry.get(keys.schedulerStatus, ['rebalance'], signal),
  ]);
  return { wish, status: status?.value };
}
