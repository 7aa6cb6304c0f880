// The process behind the doors: started by `up`, found again by its control group, ended by `down`.
import { readContextDoors, writeDoorsFile } from './doors-file.ts';
import { DEFAULT_DOORS, openDoors, portsToTry } from './doors.ts';
import { findRecord, readRecord } from './record.ts';

/** Opens the doors of a cluster, says which ports they got, and serves until the signal aborts. Machines that come and go are noticed. */
export async function runDoors(root: string, name: string, signal: AbortSignal): Promise<void> {
  const addresses = (machines: readonly { ip: string }[]) => machines.map(({ ip }) => ip);
  const routers = addresses((await readRecord(root, name)).machines);
  const ports = portsToTry(await readContextDoors(root, name));
  const doors = await openDoors({ ...DEFAULT_DOORS, routers, ports });
  await writeDoorsFile(root, name, { pid: process.pid, routers, ports: doors.ports });
  const present = async (): Promise<string[] | undefined> => {
    const record = await findRecord(root, name);
    return record && addresses(record.machines);
  };
  await doors.watch(signal, present);
}
