// The process behind the doors: started by `up`, found again by its control group, ended by `down`.
import { readContextDoors, writeDoorsFile } from './doors-file.ts';
import { DEFAULT_DOORS, openDoors, portsToTry } from './doors.ts';
import { readRecord } from './record.ts';

/** Opens the doors of a cluster, says which ports they got, and serves until the signal aborts. */
export async function runDoors(root: string, name: string, signal: AbortSignal): Promise<void> {
  const cluster = await readRecord(root, name);
  const routers = cluster.machines.map(({ ip }) => ip);
  const ports = portsToTry(await readContextDoors(root, name));
  const doors = await openDoors({ ...DEFAULT_DOORS, routers, ports });
  await writeDoorsFile(root, name, { pid: process.pid, routers, ports: doors.ports });
  await doors.watch(signal);
}
