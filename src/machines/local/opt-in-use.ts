// Which versions of /opt/deis the machines of this checkout point at, so that only others are dropped.
import { readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ifMissing } from '../../model/missing.ts';
import { clusterNames, clusterPaths, findRecord } from './record.ts';

export async function usedOptVersions(root: string): Promise<Set<string>> {
  const used = new Set<string>();
  for (const name of await clusterNames(root)) {
    for (const machine of (await findRecord(root, name))?.machines ?? []) {
      // The upper directory, not the mounted root: a machine that is off counts too.
      const { upper } = clusterPaths(root, name).machine(machine.name);
      const target = await readlink(join(upper, 'opt/deis')).catch(ifMissing(undefined));
      if (target !== undefined) used.add(basename(target));
    }
  }
  return used;
}
