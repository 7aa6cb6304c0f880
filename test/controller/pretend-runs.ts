// Machines that run one-off containers, as the controller sees them: each run answers the frames that a test wrote down.

import { duplexPair } from 'node:stream';
import { FrameStream } from '../../src/adapters/frame-stream.ts';
import { jsonPayload } from '../../src/model/frames.ts';
import { DeisError } from '../../src/model/errors.ts';
import { FRAME, type RunOrder } from '../../src/model/run.ts';
import type { FrameChannel } from '../../src/ports/frame-channel.ts';
import type { MachineRuns } from '../../src/ports/machine-runs.ts';
import { keys } from '../../src/registry/keys.ts';
import { type Registry, put } from '../../src/registry/registry.ts';

export interface PretendRuns extends MachineRuns {
  /** Orders that reached a machine, and which. */
  orders: { api: string; order: RunOrder }[];
  /** Machines that do not answer. */
  away: Set<string>;
  /** What the machine's end does once the container has begun. */
  script: (machine: FrameChannel) => Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const out = (text: string): [number, Uint8Array] => [FRAME.stdout, bytes(text)];
export const err = (text: string): [number, Uint8Array] => [FRAME.stderr, bytes(text)];
export const exit = (code: number): [number, Uint8Array] => [FRAME.exit, jsonPayload({ code })];

/** Sends these and ends. */
export function says(...frames: [number, Uint8Array][]): PretendRuns['script'] {
  return async (machine) => {
    for (const [kind, payload] of frames) await machine.send(kind, payload);
    await machine.end();
  };
}

export function pretendRuns(): PretendRuns {
  const runs: PretendRuns = {
    orders: [],
    away: new Set(),
    script: says(exit(0)),
    async open(api, order) {
      if (runs.away.has(api)) throw new DeisError('unavailable', `${api} does not answer.`);
      runs.orders.push({ api, order });
      const [here, there] = duplexPair();
      // As sockets do, which the two ends of a pair do not.
      here.once('close', () => there.destroy());
      there.once('close', () => here.destroy());
      const machine = new FrameStream(there);
      const { app, release, num } = order.process;
      const container = `${app}_v${release}.run.${num}`;
      await machine.send(FRAME.status, jsonPayload({ text: 'Fetching the image' }));
      await machine.send(FRAME.started, jsonPayload({ container }));
      void runs.script(machine);
      return new FrameStream(here);
    },
  };
  return runs;
}

/** The machines of the pretended cluster say that they live, and are asked by their ids. */
export async function bringUpMachines(registry: Registry, signal: AbortSignal): Promise<void> {
  const { items } = await registry.list(keys.machines, [], signal);
  for (const { ids, value } of items) {
    const session = { session: 's', since: '' };
    const machine = { ...value, api: value.id };
    await registry.commit(
      [],
      [put(keys.machines, ids, machine), put(keys.alive, ids, session)],
      signal,
    );
  }
}
