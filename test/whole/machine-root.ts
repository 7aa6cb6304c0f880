// The file system of a local machine as the box sees it: its sockets can be spoken to from here.

import { machineInit } from '../../src/machines/local/machine.ts';
import { findMachine, readRecord } from '../../src/machines/local/record.ts';
import type { TestCluster } from './cluster.ts';

/** `/proc/<its init>/root`; and words that run a command inside it. */
export async function insideMachine(
  { root, name }: TestCluster,
  machine: string,
): Promise<{ root: string; prefix: string[] }> {
  const record = await readRecord(root, name);
  const init = record && (await machineInit(record, findMachine(record, machine)));
  if (init === undefined) throw new Error(`machine ${machine} of ${name} is off`);
  return { root: `/proc/${init}/root`, prefix: ['nsenter', '-t', String(init), '-a'] };
}
