// What the process behind the doors says about itself: its id, the routers it knows, the ports it got.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { contextFile, readContext, type ClusterContext } from '../context.ts';
import { writeFileSpec } from '../write-file.ts';
import { clusterPaths } from './record.ts';

const doorsSchema = z.object({
  pid: z.number(),
  routers: z.array(z.string()),
  ports: z.object({ http: z.number(), https: z.number(), ssh: z.number() }),
});

export type DoorsFile = z.infer<typeof doorsSchema>;

export async function readDoorsFile(root: string, name: string): Promise<DoorsFile | undefined> {
  const file = clusterPaths(root, name).doors;
  if (!existsSync(file)) return undefined;
  return doorsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}

export async function writeDoorsFile(root: string, name: string, doors: DoorsFile): Promise<void> {
  const path = clusterPaths(root, name).doors;
  await writeFileSpec('', { path, content: `${JSON.stringify(doors)}\n` });
}

/** The ports of last time, when there was one. */
export async function readContextDoors(
  root: string,
  name: string,
): Promise<ClusterContext['doors'] | undefined> {
  if (!existsSync(contextFile(root, name))) return undefined;
  return (await readContext(root, name)).doors;
}
