// deisctl rebalance: wishes that units be spread anew, and waits until the scheduler has carried it out.

import { randomUUID } from 'node:crypto';
import { DeisError } from '../../model/errors.ts';
import { keys } from '../../registry/keys.ts';
import { type Registry, put } from '../../registry/registry.ts';
import type { Output } from '../output.ts';
import { pause } from '../pause.ts';

/** Throws DeisError 'timeout' when it has not been carried out after `timeout` ms. */
export async function rebalance(
  registry: Registry,
  output: Output,
  timeout: number,
  signal: AbortSignal,
): Promise<void> {
  const id = randomUUID();
  const wish = { id, at: new Date().toISOString() };
  await registry.commit([], [put(keys.rebalance, ['wish'], wish)], signal);
  const deadline = performance.now() + timeout;
  let told = '';
  for (;;) {
    const status = (await registry.get(keys.schedulerStatus, ['rebalance'], signal))?.value;
    if (status && status.text !== told && status.since >= wish.at) {
      told = status.text;
      output.line(told);
    }
    if (status?.done === id) return;
    if (performance.now() > deadline) {
      throw new DeisError(
        'timeout',
        `the scheduler has not finished after ${Math.round(timeout / 1000)} s; it goes on`,
        'See what it waits for: deisctl status',
      );
    }
    await pause(250, signal);
  }
}
