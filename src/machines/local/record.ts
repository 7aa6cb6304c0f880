// What is remembered about a local cluster between commands: only what was decided once. What runs is asked from the kernel.
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DeisError } from '../../model/errors.ts';
import { statePaths } from '../checkout.ts';
import { writeFileSpec } from '../write-file.ts';

const machineSchema = z.object({
  number: z.number(),
  name: z.string(),
  /** machine-id(5): 32 hexadecimal digits. */
  id: z.string(),
  ip: z.string(),
  /** What it was told when it was made (fleet metadata). */
  metadata: z.record(z.string(), z.string()).optional(),
  /** Of the place in a formation that it was made for. */
  labels: z.record(z.string(), z.string()).optional(),
  /** It came after the cluster was made: its member of the store joins a running one. */
  joined: z.boolean().optional(),
  /** With whom its member of the store began, when that joined a running one. */
  initialCluster: z.string().optional(),
});

const recordSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  /** The bridge and range: see address-plan. */
  slot: z.number(),
  domain: z.string(),
  /** Size of each machine's Docker disk, like `8G`. */
  disk: z.string(),
  /** Name of the root file system in the cache that the machines stand on. */
  base: z.string(),
  machines: z.array(machineSchema),
  /** Numbers of the machines that carry a member of the store; absent: the rule of address-plan. */
  members: z.array(z.number()).optional(),
  /** Client URLs of all members of the store, those of hosts that joined too; absent: those of `members`. */
  endpoints: z.array(z.string()).optional(),
  /** How many machines it was made with; absent: as many as there are. */
  made: z.number().optional(),
});

export type ClusterRecord = z.infer<typeof recordSchema>;
export type MachineRecord = z.infer<typeof machineSchema>;

/** Folders and files of one cluster. */
export const clusterPaths = (root: string, name: string) => {
  const folder = statePaths(root).cluster(name);
  return {
    folder,
    record: join(folder, 'cluster.json'),
    tls: join(folder, 'tls'),
    ssh: join(folder, 'ssh'),
    doors: join(folder, 'doors.json'),
    doorsLog: join(folder, 'doors.log'),
    machine: (machine: string) => {
      const own = join(folder, 'machines', machine);
      return {
        folder: own,
        upper: join(own, 'upper'),
        work: join(own, 'work'),
        root: join(own, 'root'),
        disk: join(own, 'docker.img'),
        docker: join(own, 'docker'),
        console: join(own, 'console.log'),
        identity: join(own, 'identity.json'),
      };
    },
  };
};

/** The cluster's record, or undefined when it was never made (or never got as far). */
export async function findRecord(root: string, name: string): Promise<ClusterRecord | undefined> {
  const file = clusterPaths(root, name).record;
  if (!existsSync(file)) return undefined;
  return recordSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}

/** Throws DeisError 'not-found' when there is no such cluster. */
export async function readRecord(root: string, name: string): Promise<ClusterRecord> {
  const record = await findRecord(root, name);
  if (record) return record;
  throw new DeisError(
    'not-found',
    `There is no local cluster called "${name}".`,
    `Make one with: deisctl local up --name=${name}`,
  );
}

export async function writeRecord(root: string, record: ClusterRecord): Promise<void> {
  const path = clusterPaths(root, record.name).record;
  await writeFileSpec('', { path, content: `${JSON.stringify(record, undefined, 2)}\n` });
}

/** The machine with this name (`deis-1`) or number (`1`). Throws DeisError 'not-found'. */
export function findMachine(record: ClusterRecord, wanted: string): MachineRecord {
  const found = record.machines.find(({ name, number }) => [name, String(number)].includes(wanted));
  if (found) return found;
  const names = record.machines.map(({ name }) => name).join(', ');
  throw new DeisError(
    'not-found',
    `Cluster "${record.name}" has no machine "${wanted}".`,
    `It has ${names}.`,
  );
}

/** Names of all clusters of this checkout, finished or not. */
export async function clusterNames(root: string): Promise<string[]> {
  const folder = statePaths(root).clusters;
  if (!existsSync(folder)) return [];
  return (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
