// Asks every machine how busy it is, twice, so that what its units use per second is known.

import { toDeisError } from '../../model/errors.ts';
import type { MachineLoad } from '../../model/machine-load.ts';
import { keys } from '../../registry/keys.ts';
import type { Cluster } from '../context.ts';
import type { TopRecords } from '../views/top.ts';
import { readMachines, readUnits } from '../views/read.ts';

/** By machine id; a machine that does not answer has the reason instead. */
export type Loads = Map<string, { at: number; load: MachineLoad } | { problem: string }>;

/** A machine gets no longer than this: the others are shown without it, ms. */
const PATIENCE_MS = 2000;

export async function readLoads(
  { registry, machines: client }: Cluster,
  signal: AbortSignal,
): Promise<Loads> {
  const { items } = await registry.list(keys.machines, [], signal);
  const answers = items.map(
    async ({ value: { id, api } }): Promise<[string, ReturnType<Loads['get']>]> => {
      try {
        const load = await client.load(
          api,
          AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
        );
        return [id, { at: performance.now(), load }];
      } catch (error) {
        signal.throwIfAborted();
        return [id, { problem: toDeisError(error).message }];
      }
    },
  );
  return new Map(await Promise.all(answers)) as Loads;
}

export async function readTop(
  cluster: Cluster,
  all: boolean,
  before: Loads,
  signal: AbortSignal,
): Promise<TopRecords & { loads: Loads }> {
  const [loads, machines, units] = await Promise.all([
    readLoads(cluster, signal),
    readMachines(cluster.registry, signal),
    readUnits(cluster.registry, all, signal),
  ]);
  return { loads, before, machines, units: units.rows };
}
