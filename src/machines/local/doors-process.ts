// Keeps one process behind the doors of a cluster: starts it when there is none.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandInGroups, createGroup, groupProcesses, killGroup } from '../../adapters/cgroup.ts';
import type { ClusterContext } from '../context.ts';
import type { Progress } from '../progress.ts';
import { doorsGroup } from './address-plan.ts';
import { DEFAULT_DOORS } from './doors.ts';
import { readDoorsFile } from './doors-file.ts';
import { waitFor } from './ready.ts';
import { clusterPaths, type ClusterRecord } from './record.ts';

/** Returns the ports of the open doors; says so when one is not the standard port. */
export async function ensureDoors(
  root: string,
  cluster: ClusterRecord,
  progress: Progress,
  signal: AbortSignal,
): Promise<ClusterContext['doors']> {
  const known = await runningDoors(root, cluster);
  const ports = known ?? (await startDoors(root, cluster, signal));
  for (const kind of ['http', 'https', 'ssh'] as const) {
    const standard = DEFAULT_DOORS.targets[kind];
    if (ports[kind] === standard) continue;
    progress.note(`port ${standard} of this box is taken: the ${kind} door is at ${ports[kind]}`);
  }
  return ports;
}

/** The ports of the process behind the doors, if it runs: which machines there are, it looks up itself. */
export async function runningDoors(
  root: string,
  cluster: ClusterRecord,
): Promise<ClusterContext['doors'] | undefined> {
  const said = await readDoorsFile(root, cluster.name);
  if (!said) return undefined;
  const alive = (await groupProcesses(doorsGroup(cluster.slot))).includes(said.pid);
  return alive ? said.ports : undefined;
}

async function startDoors(
  root: string,
  cluster: ClusterRecord,
  signal: AbortSignal,
): Promise<ClusterContext['doors']> {
  const group = doorsGroup(cluster.slot);
  const paths = clusterPaths(root, cluster.name);
  await killGroup(group, signal);
  await rm(paths.doors, { force: true });
  const groups = await createGroup(group);
  const log = openSync(paths.doorsLog, 'a', 0o600);
  const [program, ...args] = commandInGroups(groups, doorsCommand(root, cluster.name));
  const child = spawn(program, args, { detached: true, cwd: '/', stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref();
  const opened = async () => (await runningDoors(root, cluster)) !== undefined;
  await waitFor('The doors on this box', `Read ${paths.doorsLog}.`, 10, opened, signal);
  return (await runningDoors(root, cluster))!;
}

/** From source the file itself is run; in the bundle the hidden command. */
function doorsCommand(root: string, name: string): string[] {
  const here = fileURLToPath(import.meta.url);
  if (here.endsWith('.ts'))
    return [process.execPath, join(dirname(here), 'doors-main.ts'), root, name];
  return [process.execPath, join(root, 'bin/deisctl.js'), 'local', 'doors', `--name=${name}`];
}
