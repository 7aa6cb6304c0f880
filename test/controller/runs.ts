// Machines that run one-off containers as a test says, without containers.

import { jsonPayload, type Frame } from '../../src/model/frames.ts';
import { FRAME, type RunOrder } from '../../src/model/run.ts';
import type { MachineRuns } from '../../src/ports/machine-runs.ts';
import { keys } from '../../src/registry/keys.ts';
import { put } from '../../src/registry/registry.ts';
import type { PretendCluster } from './world.ts';

/** `hangs`: until its caller goes. `lost`: the connection breaks after the start. */
export type RunEnd = { code: number; says?: string } | 'hangs' | 'lost';

export interface PretendRuns extends MachineRuns {
  orders: RunOrder[];
  /** How many callers gave up a run before its end. */
  givenUp: () => number;
}

export function pretendRuns(end: (order: RunOrder) => RunEnd | Promise<RunEnd>): PretendRuns {
  const orders: RunOrder[] = [];
  let givenUp = 0;
  return {
    orders,
    givenUp: () => givenUp,
    open: (_api, order) => {
      orders.push(order);
      const over = new AbortController();
      const frames = script(order, end, over.signal);
      return Promise.resolve({
        send: () => Promise.resolve(),
        next: async () => (await frames.next()).value,
        closed: over.signal,
        end: () => Promise.resolve(over.abort()),
        destroy: () => {
          if (!over.signal.aborted) givenUp += 1;
          over.abort();
        },
      });
    },
  };
}

async function* script(
  order: RunOrder,
  end: (order: RunOrder) => RunEnd | Promise<RunEnd>,
  over: AbortSignal,
): AsyncGenerator<Frame, undefined> {
  yield { kind: FRAME.started, payload: jsonPayload({ container: 'x' }) };
  const how = await end(order);
  if (how === 'lost') return undefined;
  if (how === 'hangs') {
    await new Promise((resolve) => over.addEventListener('abort', resolve, { once: true }));
    return undefined;
  }
  if (how.says !== undefined) yield { kind: FRAME.stdout, payload: Buffer.from(how.says) };
  yield { kind: FRAME.exit, payload: jsonPayload({ code: how.code }) };
  return undefined;
}

/** Machines of the pretend cluster answer. */
export async function machinesAlive(cluster: PretendCluster): Promise<void> {
  const writes = ['m1', 'm2', 'm3'].map((id) => put(keys.alive, [id], { session: 's', since: '' }));
  await cluster.registry.commit([], writes, AbortSignal.timeout(5000));
}
