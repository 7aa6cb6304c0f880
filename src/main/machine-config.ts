// What a machine was told when it joined: /etc/deis/machine.json, its certificates, the platform key.

import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJoinedFile } from '../adapters/joined-file.ts';
import { DeisError } from '../model/errors.ts';

const schema = z.object({
  cluster: z.string(),
  name: z.string(),
  ip: z.string(),
  metadata: z.record(z.string(), z.string()),
  etcd: z.array(z.string()).min(1),
});

export interface MachineConfig extends z.infer<typeof schema> {
  /** machine-id, 32 hex digits. */
  id: string;
}

export interface TlsFiles {
  ca: string;
  cert: string;
  key: string;
}

const ETC = '/etc/deis';

/** Throws DeisError('unsupported') naming the file that is missing or malformed. */
export async function readMachineConfig(): Promise<MachineConfig> {
  const path = join(ETC, 'machine.json');
  const parsed = schema.safeParse(JSON.parse(await readJoinedFile(path)));
  if (!parsed.success) {
    throw new DeisError('unsupported', `${path} is malformed: ${z.prettifyError(parsed.error)}`);
  }
  const id = (await readJoinedFile('/etc/machine-id')).trim();
  return { ...parsed.data, id };
}

/** The store has other members now: known again after a restart. */
export async function keepStoreMembers(endpoints: readonly string[]): Promise<void> {
  const path = join(ETC, 'machine.json');
  const present = JSON.parse(await readJoinedFile(path)) as Record<string, unknown>;
  if (JSON.stringify(present['etcd']) === JSON.stringify(endpoints)) return;
  const content = `${JSON.stringify({ ...present, etcd: endpoints }, undefined, 2)}\n`;
  const unfinished = `${path}.new`;
  await writeFile(unfinished, content, { flush: true });
  // Whatever umask this daemon has: containers of the platform read it, too.
  await chmod(unfinished, 0o644);
  await rename(unfinished, path);
}

/** PEM texts of the component's own certificate: /etc/deis/tls/<component>.{crt,key}. */
export async function readTls(component: string): Promise<TlsFiles> {
  const [ca, cert, key] = await Promise.all([
    readJoinedFile(join(ETC, 'tls/ca.crt')),
    readJoinedFile(join(ETC, `tls/${component}.crt`)),
    readJoinedFile(join(ETC, `tls/${component}.key`)),
  ]);
  return { ca, cert, key };
}

export async function readPlatformKey(): Promise<string> {
  return (await readJoinedFile(join(ETC, 'platform.key'))).trim();
}
