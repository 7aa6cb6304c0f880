// Asks every machine what lies on its disks. One that does not answer is shown as such.

import { toDeisError } from '../../model/errors.ts';
import { keys } from '../../registry/keys.ts';
import type { Cluster } from '../context.ts';
import type { DiskRow } from '../views/disk.ts';

export async function readDisks(
  { registry, machines: client }: Cluster,
  signal: AbortSignal,
): Promise<DiskRow[]> {
  const { items } = await registry.list(keys.machines, [], signal);
  const rows = items.map(async ({ value: { name, api } }): Promise<DiskRow> => {
    try {
      return { machine: name, ...(await client.disk(api, signal)) };
    } catch (error) {
      signal.throwIfAborted();
      return { machine: name, unreachable: toDeisError(error).message };
    }
  });
  return (await Promise.all(rows)).toSorted((a, b) =>
    a.machine.localeCompare(b.machine, 'en', { numeric: true }),
  );
}
