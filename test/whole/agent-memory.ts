// How much memory the daemon of each machine holds.

import type { TestCluster } from './cluster.ts';

/** MB resident, by machine. */
export async function agentMemory(on: TestCluster): Promise<Record<string, number>> {
  const read = on.context.machines.map(async ({ name }): Promise<[string, number]> => {
    const script = 'cat /proc/$(systemctl show -p MainPID --value deisd)/status';
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(await on.sh(name, script)) ?? [];
    if (kilobytes === undefined) throw new Error(`deisd does not run on ${name}`);
    return [name, Math.round(Number(kilobytes) / 102.4) / 10];
  });
  return Object.fromEntries(await Promise.all(read));
}
