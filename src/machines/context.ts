// What an operator's command needs to reach a cluster: where etcd is, which certificate to show, which doors are open.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DeisError } from '../model/errors.ts';
import { statePaths } from './checkout.ts';

const contextSchema = z.object({
  name: z.string(),
  /** Apps are served at `<app>.<domain>`. */
  domain: z.string(),
  /** Client URLs, `https://10.77.0.11:2379`. */
  etcd: z.array(z.string()),
  /** PEM files: authority, operator's certificate and key. */
  tls: z.object({ ca: z.string(), cert: z.string(), key: z.string() }),
  /** `id` is the machine-id: 32 hexadecimal digits. */
  machines: z.array(z.object({ name: z.string(), id: z.string(), ip: z.string() })),
  /** TCP ports on 127.0.0.1 and ::1 that lead to the routers. */
  doors: z.object({ http: z.number(), https: z.number(), ssh: z.number() }),
});

export type ClusterContext = z.infer<typeof contextSchema>;

export function contextFile(root: string, cluster: string): string {
  return join(statePaths(root).cluster(cluster), 'context.json');
}

/** Reads the context of a local cluster. Throws DeisError 'not-found' when there is no such cluster (or it never came up). */
export async function readContext(root: string, cluster: string): Promise<ClusterContext> {
  const file = contextFile(root, cluster);
  if (!existsSync(file)) {
    throw new DeisError(
      'not-found',
      `There is no local cluster called "${cluster}".`,
      `Make one with: deisctl local up --name=${cluster}`,
    );
  }
  return contextSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}
