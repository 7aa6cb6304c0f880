// One machine of a local cluster, from nothing to running and back. The kernel is asked what is there; nothing is remembered.
import { appendFile, mkdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findLink, deleteLink, plug, setLinkUp } from '../../adapters/bridge.ts';
import { isPopulated, killGroup, removeGroup } from '../../adapters/cgroup.ts';
import { ensureDiskImage } from '../../adapters/disk-image.ts';
import { isMounted, mountImage, mountOverlay, unmountAll } from '../../adapters/mounts.ts';
import { findInit, forgetNspawn, startNspawn } from '../../adapters/nspawn.ts';
import { run } from '../../adapters/process.ts';
import { DeisError } from '../../model/errors.ts';
import { ifMissing } from '../../model/missing.ts';
import { statePaths } from '../checkout.ts';
import { writeFileSpec, type FileSpec } from '../write-file.ts';
import { bridgeName, diskBytes, machineGroup, machineLabel } from './address-plan.ts';
import { basePath } from './base-system.ts';
import type { EtcdAccount } from './machine-files.ts';
import { clusterPaths, type ClusterRecord, type MachineRecord } from './record.ts';

/** Where versions of /opt/deis are bound inside; /opt/deis itself is a link to one of them. */
const OPT_VERSIONS = '/opt/deis-versions';

const pathsOf = (root: string, cluster: ClusterRecord, machine: MachineRecord) =>
  clusterPaths(root, cluster.name).machine(machine.name);

/** Process id of the machine's init on the box, or undefined while it is off. */
export async function machineInit(
  cluster: ClusterRecord,
  machine: MachineRecord,
): Promise<number | undefined> {
  return await findInit(machineGroup(cluster.slot, machine.number));
}

/** Mounts the machine's disks, making them first if this is its first time. */
export async function mountMachine(
  root: string,
  cluster: ClusterRecord,
  machine: MachineRecord,
  signal: AbortSignal,
): Promise<void> {
  const paths = pathsOf(root, cluster, machine);
  for (const folder of [paths.upper, paths.work, paths.root, paths.docker]) {
    await mkdir(folder, { recursive: true });
  }
  await ensureDiskImage(paths.disk, diskBytes(cluster.disk), signal);
  if (!(await isMounted(paths.docker))) await mountImage(paths.disk, paths.docker, signal);
  if (await isMounted(paths.root)) return;
  const lower = basePath(root, cluster.base);
  await mountOverlay(lower, paths.upper, paths.work, paths.root, signal);
  await makeHostKeys(paths.root, signal);
}

/** Writes the machine's files and links, running or not. Returns the paths that changed. */
export async function writeMachineFiles(
  root: string,
  cluster: ClusterRecord,
  machine: MachineRecord,
  files: readonly FileSpec[],
  enabled: readonly [unit: string, target: string][],
): Promise<string[]> {
  const at = pathsOf(root, cluster, machine).root;
  const changed: string[] = [];
  for (const file of files) {
    if (await writeFileSpec(at, file)) changed.push(file.path);
  }
  for (const [unit, target] of enabled) {
    const link = `/etc/systemd/system/${target}.wants/${unit}`;
    if (await pointLink(at, link, `/etc/systemd/system/${unit}`)) changed.push(link);
  }
  return changed;
}

/** Points the machine's /opt/deis at a version, in one step. Returns true when it pointed elsewhere. */
export async function useOptVersion(
  root: string,
  cluster: ClusterRecord,
  machine: MachineRecord,
  version: string,
): Promise<boolean> {
  const at = pathsOf(root, cluster, machine).root;
  return await pointLink(at, '/opt/deis', `${OPT_VERSIONS}/${version}`);
}

/** Boots a mounted machine that is off, and plugs its cable in. */
export async function startMachine(
  root: string,
  cluster: ClusterRecord,
  machine: MachineRecord,
  signal: AbortSignal,
): Promise<void> {
  const paths = pathsOf(root, cluster, machine);
  const label = machineLabel(cluster.slot, machine.number);
  // The cable of a machine that lost its power may outlive it for a moment.
  await deleteLink(label, signal);
  const { opt } = statePaths(root);
  await mkdir(opt, { recursive: true });
  await startNspawn(
    {
      label,
      hostname: machine.name,
      root: paths.root,
      group: machineGroup(cluster.slot, machine.number),
      console: paths.console,
      bridge: bridgeName(cluster.slot),
      binds: [
        { from: paths.docker, to: '/var/lib/docker', readOnly: false },
        { from: opt, to: OPT_VERSIONS, readOnly: true },
      ],
    },
    signal,
  );
  await plug(label, bridgeName(cluster.slot), signal);
}

/** Plugs in the cable of a running machine, be it that an interrupted start left it loose or that `cut` pulled it. */
export async function ensurePlugged(
  cluster: ClusterRecord,
  machine: MachineRecord,
  signal: AbortSignal,
): Promise<void> {
  const label = machineLabel(cluster.slot, machine.number);
  const link = await findLink(label, signal);
  const loose = link && (link.bridge === undefined || !link.up);
  if (loose) await plug(label, bridgeName(cluster.slot), signal);
}

/** Power loss: first the cable, so that no goodbye gets out, then every process at once. A machine that is off stays off. */
export async function cutPower(
  root: string,
  cluster: ClusterRecord,
  machine: MachineRecord,
  signal: AbortSignal,
): Promise<void> {
  const label = machineLabel(cluster.slot, machine.number);
  const group = machineGroup(cluster.slot, machine.number);
  if (await isPopulated(group)) {
    if (await findLink(label, signal)) await setLinkUp(label, false, signal);
    await killGroup(group, signal);
  }
  await deleteLink(label, signal);
  await removeGroup(group);
  const paths = pathsOf(root, cluster, machine);
  if (existsSync(paths.root)) await forgetNspawn(label, paths.root);
}

/** Takes the disks of a machine that is off out of the box. Throws DeisError 'conflict' when something holds them. */
export async function unmountMachine(
  root: string,
  cluster: ClusterRecord,
  machine: MachineRecord,
  signal: AbortSignal,
): Promise<void> {
  const left = await unmountAll(pathsOf(root, cluster, machine).folder, signal);
  if (left.length === 0) return;
  throw new DeisError('conflict', `Still mounted: ${left.join(', ')}`, 'Unmount it by hand.');
}

/** User and group of etcd in the base system. */
export async function etcdAccount(root: string, base: string): Promise<EtcdAccount> {
  const users = await readFile(join(basePath(root, base), 'etc/passwd'), 'utf8');
  const match = /^etcd:[^:]*:(\d+):(\d+):/m.exec(users);
  if (!match) throw new DeisError('internal', 'The base system has no user called etcd.');
  return { uid: Number(match[1]), gid: Number(match[2]) };
}

/**
 * `core`, whom Container Linux, Flatcar and so deisctl and fleetctl log in as: here a second name of root, with root's keys, for the base
 * system has no sudo.
 */
const CORE = { passwd: 'core:x:0:0:core:/root:/bin/bash\n', shadow: 'core:*:19000:0:99999:7:::\n' };

/** Makes the user where it is missing. */
export async function ensureCore(
  root: string,
  cluster: ClusterRecord,
  machine: MachineRecord,
): Promise<void> {
  const etc = join(pathsOf(root, cluster, machine).root, 'etc');
  const users = await readFile(join(etc, 'passwd'), 'utf8');
  if (/^core:/m.test(users)) return;
  await appendFile(join(etc, 'shadow'), CORE.shadow);
  await appendFile(join(etc, 'passwd'), CORE.passwd);
}

async function makeHostKeys(at: string, signal: AbortSignal): Promise<void> {
  const key = join(at, 'etc/ssh/ssh_host_ed25519_key');
  if (existsSync(key)) return;
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key], {}, signal);
}

async function pointLink(at: string, link: string, target: string): Promise<boolean> {
  const path = `${at}${link}`;
  const unfinished = `${path}.new`;
  if ((await readlink(path).catch(ifMissing(undefined))) === target) return false;
  await mkdir(dirname(path), { recursive: true });
  await rm(unfinished, { force: true });
  await symlink(target, unfinished);
  await rename(unfinished, path);
  return true;
}
