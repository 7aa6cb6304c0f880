// What may not change any more once machines were made: who they are, who carries the store, and the authority that they believe. It is
// kept on the computer where the first call was made.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DeisError } from '../../model/errors.ts';
import { etcdMembers } from '../local/address-plan.ts';
import { clusterPaths } from '../local/record.ts';
import { writeFileSpec } from '../write-file.ts';
import type { IgnitionWish } from './wish.ts';

const decidedSchema = z.object({
  ignition: z.literal(1),
  token: z.string(),
  machines: z.array(z.object({ name: z.string(), ip: z.string(), member: z.boolean() })),
});
export type Decided = z.infer<typeof decidedSchema>;

/** Without these a cluster that has machines cannot get more. */
const IRREPLACEABLE = ['ca.crt', 'ca.key', 'platform.key'];

/** The members of the store stay who they were; machines that are named later carry none. Writes nothing. Throws DeisError 'conflict'. */
export async function decide(
  root: string,
  { cluster, machines }: Pick<IgnitionWish, 'cluster' | 'machines'>,
): Promise<Decided> {
  const { folder, record, tls } = clusterPaths(root, cluster);
  const path = fileOf(root, cluster);
  if (existsSync(record)) {
    throw new DeisError(
      'conflict',
      `"${cluster}" is a local cluster of this computer`,
      'Choose another --name.',
    );
  }
  const known = existsSync(path) ? await readDecided(path) : undefined;
  const anew = `begin anew with new machines: rm -r ${folder}`;
  const gone = known && IRREPLACEABLE.find((file) => !existsSync(join(tls, file)));
  if (gone !== undefined) {
    throw new DeisError(
      'conflict',
      `${join(tls, gone)} is gone: the machines of "${cluster}" would not know a machine made without it`,
      `Bring it back from a copy, or ${anew}`,
    );
  }
  for (const { name, ip } of machines) {
    const before = known?.machines.find((machine) => machine.name === name);
    if (before && before.ip !== ip) {
      throw new DeisError(
        'conflict',
        `${name} was made with the address ${before.ip}, which its certificates name`,
        `Keep it, give the machine another name, or ${anew}`,
      );
    }
    const other = known?.machines.find((machine) => machine.ip === ip && machine.name !== name);
    if (!other) continue;
    throw new DeisError(
      'conflict',
      `${other.name} was made with the address ${ip} already`,
      `Give ${name} another address, or ${anew}`,
    );
  }
  const numbers = etcdMembers(machines.length);
  const fresh = machines
    .filter(({ name }) => !known?.machines.some((machine) => machine.name === name))
    .map(({ name, ip }, at) => ({ name, ip, member: !known && numbers.includes(at + 1) }));
  return {
    ignition: 1,
    token: known?.token ?? `deis-${cluster}`,
    machines: [...(known?.machines ?? []), ...fresh],
  };
}

/** Once the authority is there: a call that is cut off before may be given again. */
export async function keepDecided(root: string, cluster: string, decided: Decided): Promise<void> {
  const content = `${JSON.stringify(decided, undefined, 2)}\n`;
  await writeFileSpec('', { path: fileOf(root, cluster), content });
}

const fileOf = (root: string, cluster: string): string =>
  join(clusterPaths(root, cluster).folder, 'ignition.json');

async function readDecided(path: string): Promise<Decided> {
  const text = await readFile(path, 'utf8');
  try {
    return decidedSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new DeisError(
      'conflict',
      `${path}, where the cluster's machines are kept, is damaged`,
      'Bring it back from a copy.',
      { cause },
    );
  }
}
