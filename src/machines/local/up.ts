// `deisctl local up`: real machines on this box, from whatever is there now. Every step looks first and does only what is missing,
// so that a run that was killed half way is finished by the next one.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DeisError } from '../../model/errors.ts';
import { contextFile, type ClusterContext } from '../context.ts';
import { dropOldVersions } from '../opt.ts';
import type { Progress } from '../progress.ts';
import { writeFileSpec } from '../write-file.ts';
import { diskBytes, machineAddress, machineName } from './address-plan.ts';
import { BASE_NAME, basePath } from './base-system.ts';
import { bringUpMachine, waitUntilReady } from './bring-up.ts';
import { ensureDoors } from './doors-process.ts';
import { equip } from './equipment.ts';
import { etcdEndpoints } from './machine-files.ts';
import { ensureNetwork, reserveSlot } from './network.ts';
import { usedOptVersions } from './opt-in-use.ts';
import { clusterPaths, findRecord, writeRecord, type ClusterRecord } from './record.ts';
import { requireBox } from './require-box.ts';
import { makeSystems } from './systems.ts';
import { withCluster } from './with-cluster.ts';

export interface UpOptions {
  name: string;
  /** How many machines a new cluster gets; an existing one keeps its number. */
  machines?: number | undefined;
  /** Size of each machine's Docker disk, like `8G`. */
  disk?: string | undefined;
  /** Domain of the apps. */
  domain?: string | undefined;
}

/**
 * Brings the cluster up and returns how to reach it.
 * Throws DeisError 'conflict' when it exists with another number of machines, 'timeout' when a machine does not get ready.
 */
export async function localUp(
  root: string,
  options: UpOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<ClusterContext> {
  requireBox();
  const work = async () => {
    await makeSystems(root, progress, signal);
    const cluster = await progress.step('Network', () => claimCluster(root, options, signal));
    const equipment = await progress.step('Certificates and files', () =>
      equip(root, cluster, signal),
    );
    await progress.step(`Booting ${cluster.machines.map(({ name }) => name).join(', ')}`, () =>
      Promise.all(
        cluster.machines.map((machine) =>
          bringUpMachine(root, cluster, machine, equipment, signal),
        ),
      ),
    );
    await progress.step('Store and Docker', () => waitUntilReady(root, cluster, equipment, signal));
    const doors = await progress.step('Doors on this box', () =>
      ensureDoors(root, cluster, progress, signal),
    );
    await dropOldVersions(root, await usedOptVersions(root));
    return await writeContext(root, cluster, doors);
  };
  return await withCluster(root, options.name, progress, work, signal);
}

/** The record of the cluster, made now if it is new, and its network. */
async function claimCluster(
  root: string,
  options: UpOptions,
  signal: AbortSignal,
): Promise<ClusterRecord> {
  const known = await findRecord(root, options.name);
  if (known) {
    refuseOtherShape(known, options);
    refuseWithoutBase(root, known);
    await ensureNetwork(root, known, signal);
    return known;
  }
  const count = options.machines ?? 3;
  if (!Number.isInteger(count) || count < 1 || count > 100) {
    throw new DeisError('invalid', 'A local cluster has 1 to 100 machines.');
  }
  const disk = options.disk ?? '8G';
  diskBytes(disk);
  await mkdir(clusterPaths(root, options.name).folder, { recursive: true, mode: 0o700 });
  const slot = await reserveSlot(root, options.name, signal);
  const record: ClusterRecord = {
    version: 1,
    name: options.name,
    slot,
    domain: options.domain ?? 'paas.localhost',
    disk,
    base: BASE_NAME,
    machines: Array.from({ length: count }, (_, index) => ({
      number: index + 1,
      name: machineName(options.name, index + 1),
      id: randomBytes(16).toString('hex'),
      ip: machineAddress(slot, index + 1),
    })),
  };
  await writeRecord(root, record);
  await ensureNetwork(root, record, signal);
  return record;
}

function refuseWithoutBase(root: string, { name, base }: ClusterRecord): void {
  if (existsSync(basePath(root, base))) return;
  throw new DeisError(
    'conflict',
    `The base system ${base}, on which the machines of cluster "${name}" stand, is gone.`,
    `Start anew with: deisctl local down --name=${name}, then up.`,
  );
}

function refuseOtherShape(record: ClusterRecord, options: UpOptions): void {
  const differs =
    (options.machines !== undefined &&
      options.machines !== (record.made ?? record.machines.length)) ||
    (options.disk !== undefined && options.disk !== record.disk) ||
    (options.domain !== undefined && options.domain !== record.domain);
  if (!differs) return;
  const { name, machines, disk, domain } = record;
  throw new DeisError(
    'conflict',
    `Cluster "${name}" exists with ${machines.length} machines, disks of ${disk} and domain ${domain}.`,
    `Leave these options out, choose another --name, or remove it with: deisctl local down --name=${name}`,
  );
}

/** How commands reach the cluster from now on. */
export async function writeContext(
  root: string,
  cluster: ClusterRecord,
  doors: ClusterContext['doors'],
): Promise<ClusterContext> {
  const { tls } = clusterPaths(root, cluster.name);
  const context: ClusterContext = {
    name: cluster.name,
    domain: cluster.domain,
    etcd: etcdEndpoints(cluster),
    tls: {
      ca: join(tls, 'ca.crt'),
      cert: join(tls, 'operator.crt'),
      key: join(tls, 'operator.key'),
    },
    machines: cluster.machines.map(({ name, id, ip }) => ({ name, id, ip })),
    doors,
  };
  const path = contextFile(root, cluster.name);
  await writeFileSpec('', { path, content: `${JSON.stringify(context, undefined, 2)}\n` });
  return context;
}
