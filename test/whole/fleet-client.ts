// fleet's socket of a machine of the cluster, spoken to from here by a client that behaves as fleetctl does.

import { askAt } from '../fleet/ask.ts';
import { type Ask, Fleetctl } from '../fleet/fleetctl.ts';
import type { TestCluster } from './cluster.ts';
import { insideMachine } from './machine-root.ts';

// `/var/run` is a link that would lead to the /run of this box.
/** As often as the original. */
const POLL_MS = 250;

export async function fleetOn(
  on: TestCluster,
  machine: string,
): Promise<{ ask: Ask; client: Fleetctl }> {
  const { root } = await insideMachine(on, machine);
  const ask: Ask = (path, asked = {}) =>
    askAt({ socketPath: `${root}/run/fleet.sock` }, path, asked);
  return { ask, client: new Fleetctl(ask, { patience: 60_000, poll: POLL_MS }) };
}

/** `Service/ExecStart=/bin/true` */
export function options(...lines: string[]) {
  return lines.map((line) => {
    const [, section, name, value] = /^([^/]+)\/([^=]+)=([^]*)$/.exec(line)!;
    return { section: section!, name: name!, value: value! };
  });
}
