// The controllers of the cluster under test as processes of this box, so that they can be killed from outside within a millisecond.

import { readdirSync, readFileSync } from 'node:fs';
import { machineGroup } from '../../src/machines/local/address-plan.ts';
import { readRecord } from '../../src/machines/local/record.ts';
import type { TestCluster } from './cluster.ts';

/** Process ids on this box, by the machine's id. */
export async function controllers({
  root,
  name,
}: Pick<TestCluster, 'root' | 'name'>): Promise<Map<string, number>> {
  const { slot, machines } = await readRecord(root, name);
  const found = new Map<string, number>();
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const command = readOr(`/proc/${pid}/cmdline`).split('\0');
    if (!command.includes('controller') || !command[0]?.endsWith('/node')) continue;
    const groups = readOr(`/proc/${pid}/cgroup`);
    const machine = machines.find(({ number }) =>
      groups.includes(`/${machineGroup(slot, number)}/`),
    );
    if (machine) found.set(machine.id, Number(pid));
  }
  return found;
}

/** A process may end while it is looked at. */
function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
