// How busy this machine is: /proc, and the control groups of containers (cgroups(7), version 2; Docker with either of its drivers).

import { readFile } from 'node:fs/promises';
import { cpus, loadavg, uptime } from 'node:os';
import { join } from 'node:path';
import type { MachineLoad, UnitLoad } from '../model/machine-load.ts';

const GROUPS = '/sys/fs/cgroup';
const PAGE = 4096;

/** `containers`: ids by unit name. A container that is gone meanwhile is left out. */
export async function machineLoad(
  containers: ReadonlyMap<string, string>,
  root = '',
): Promise<MachineLoad> {
  const units = await Promise.all(
    [...containers].map(async ([unit, id]) => [unit, await containerLoad(id, root)] as const),
  );
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return {
    average: [one, five, fifteen],
    cpus: cpus().length,
    memory: memoryOf(await readFile(`${root}/proc/meminfo`, 'utf8')),
    uptime: Math.round(uptime()),
    units: Object.fromEntries(units.filter((entry): entry is [string, UnitLoad] => !!entry[1])),
  };
}

async function containerLoad(id: string, root: string): Promise<UnitLoad | undefined> {
  for (const group of [`system.slice/docker-${id}.scope`, `docker/${id}`]) {
    const folder = join(root, GROUPS, group);
    const usage = await textOf(join(folder, 'cpu.stat'));
    if (usage === undefined) continue;
    const micros = Number(/^usage_usec (\d+)/m.exec(usage)?.[1] ?? 0);
    return { cpu: Math.round(micros / 1000), memory: await memoryIn(folder, root) };
  }
  return undefined;
}

/** The kernel's own count, or the sum over its processes where memory is not counted by group. */
async function memoryIn(folder: string, root: string): Promise<number> {
  const counted = await textOf(join(folder, 'memory.current'));
  if (counted !== undefined) return Number(counted);
  const processes = (await textOf(join(folder, 'cgroup.procs')))?.split('\n') ?? [];
  const pages = await Promise.all(
    processes.filter(Boolean).map(async (pid) => {
      const sizes = await textOf(`${root}/proc/${pid}/statm`);
      return Number(sizes?.split(' ')[1] ?? 0);
    }),
  );
  return pages.reduce((sum, each) => sum + each, 0) * PAGE;
}

function memoryOf(meminfo: string): MachineLoad['memory'] {
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(meminfo)?.[1] ?? 0) * 1024;
  return { total: bytes('MemTotal'), available: bytes('MemAvailable') };
}

/** Undefined when it is not there (any more). */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}
