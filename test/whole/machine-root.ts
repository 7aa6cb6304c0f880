// A local machine as the box sees it: its sockets can be spoken to from here, its processes can be stopped within a millisecond.

import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
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

/** Process id, on this box, of the main process of a unit of the machine. */
export async function processOf(on: TestCluster, machine: string, unit: string): Promise<number> {
  const record = await readRecord(on.root, on.name);
  const init = await machineInit(record, findMachine(record, machine));
  const inside = await on.sh(machine, `systemctl show -p MainPID --value ${unit}`);
  const space = (pid: string | number): string | undefined => {
    try {
      return readlinkSync(`/proc/${pid}/ns/pid`);
    } catch {
      return undefined; // it has ended meanwhile
    }
  };
  const wanted = init === undefined ? undefined : space(init);
  const isIt = (pid: string): boolean => {
    if (wanted === undefined || space(pid) !== wanted) return false;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return /^NSpid:.*?(\d+)$/m.exec(status)?.[1] === inside;
  };
  const found = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && isIt(entry));
  if (found === undefined) throw new Error(`${unit} has no process on ${machine}`);
  return Number(found);
}
