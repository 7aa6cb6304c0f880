// A cluster of machines that configure themselves at their first boot: what is decided once (authority, keys, who carries the store)
// is kept where local clusters are kept, so that the same call gives the same files, and `deisctl -C <name>` reaches it afterwards.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { DeisError } from '../../model/errors.ts';
import { type ClusterContext, contextFile } from '../context.ts';
import { keptIdentity } from '../identity.ts';
import { ensureAuthority } from '../local/authority.ts';
import { clusterNameProblem, etcdMembers } from '../local/address-plan.ts';
import { ensureOperatorKey } from '../local/equipment.ts';
import { clusterPaths } from '../local/record.ts';
import { writeFileSpec } from '../write-file.ts';
import { type CoreOs, type ReleaseSource, ignitionConfig } from './config.ts';

export interface IgnitionWish {
  cluster: string;
  domain: string;
  /** All machines of the cluster, in the order in which they carry members of the store. */
  machines: readonly { name: string; ip: string }[];
  metadata: Record<string, string>;
  os: CoreOs;
  release: ReleaseSource;
  staticPrefix: number | undefined;
  discovery: string;
  /** OpenSSH public keys beside the cluster's own. */
  operatorKeys: readonly string[];
}

/** What may not change once machines were made from it. */
const decidedSchema = z.object({
  ignition: z.literal(1),
  token: z.string(),
  machines: z.array(z.object({ name: z.string(), ip: z.string(), member: z.boolean() })),
});
type Decided = z.infer<typeof decidedSchema>;

/** One Ignition file's text for each machine that was asked for. Throws DeisError. */
export async function makeIgnition(
  root: string,
  wish: IgnitionWish,
  now: Date,
  signal: AbortSignal,
): Promise<{ name: string; text: string }[]> {
  const problem = clusterNameProblem(wish.cluster) ?? machinesProblem(wish.machines);
  if (problem !== undefined) {
    throw new DeisError(
      'invalid',
      problem,
      'Say NAME=ADDRESS for each machine: deis-01=172.17.8.100',
    );
  }
  const decided = await decide(root, wish);
  const { cluster } = wish;
  const authority = await ensureAuthority(root, cluster, now);
  const operatorKey = await ensureOperatorKey(root, cluster, signal);
  const { tls } = clusterPaths(root, cluster);
  const platformKey = await readFile(join(tls, 'platform.key'), 'utf8');
  const members = decided.machines.filter(({ member }) => member);
  const etcd = members.map(({ ip }) => `https://${ip}:2379`);
  const initialCluster = members.map(({ name, ip }) => `${name}=https://${ip}:2380`).join(',');
  const made = await Promise.all(
    wish.machines.map(async (machine) => {
      const { identity: kept } = clusterPaths(root, cluster).machine(machine.name);
      const identity = await keptIdentity(kept, authority, machine, now);
      const { metadata, os, release, staticPrefix, discovery } = wish;
      const isMember = members.some(({ name }) => name === machine.name);
      const config = ignitionConfig({
        os,
        about: { ...machine, metadata, etcd, cluster },
        secrets: { ca: authority.trusted, identity, platformKey },
        member: isMember ? { initialCluster, token: decided.token, discovery } : undefined,
        operatorKeys: [operatorKey.trim(), ...wish.operatorKeys],
        release,
        staticPrefix,
      });
      return { name: machine.name, text: `${JSON.stringify(config, undefined, 2)}\n` };
    }),
  );
  const context: ClusterContext = {
    name: cluster,
    domain: wish.domain,
    etcd,
    tls: {
      ca: join(tls, 'ca.crt'),
      cert: join(tls, 'operator.crt'),
      key: join(tls, 'operator.key'),
    },
    machines: decided.machines.map(({ name, ip }) => ({ name, id: '', ip })),
    doors: { http: 80, https: 443, ssh: 2222 },
  };
  const content = `${JSON.stringify(context, undefined, 2)}\n`;
  await writeFileSpec('', { path: contextFile(root, cluster), content });
  return made;
}

/** Why these machines make no cluster, or undefined; pure. */
export function machinesProblem(
  machines: readonly { name: string; ip: string }[],
): string | undefined {
  if (machines.length === 0) return 'no machine was named';
  const twice = (texts: string[]): string | undefined =>
    texts.find((one, at) => texts.indexOf(one) !== at);
  const bad = machines.find(({ name }) => !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name));
  if (bad) return `"${bad.name}" is no name for a machine: small letters, digits and dashes`;
  const lost = machines.find(({ ip }) => !isIPv4(ip));
  if (lost) return `"${lost.ip}" is no IPv4 address for ${lost.name}`;
  const name = twice(machines.map((machine) => machine.name));
  if (name !== undefined) return `two machines are called ${name}`;
  const ip = twice(machines.map((machine) => machine.ip));
  return ip === undefined ? undefined : `two machines have the address ${ip}`;
}

/** The members of the store stay who they were; machines that are named later carry none. */
async function decide(root: string, { cluster, machines }: IgnitionWish): Promise<Decided> {
  const { folder, record } = clusterPaths(root, cluster);
  if (existsSync(record)) {
    throw new DeisError(
      'conflict',
      `"${cluster}" is a local cluster of this computer`,
      'Choose another --name.',
    );
  }
  const path = join(folder, 'ignition.json');
  const known = existsSync(path)
    ? decidedSchema.parse(JSON.parse(await readFile(path, 'utf8')))
    : undefined;
  for (const { name, ip } of machines) {
    const before = known?.machines.find((machine) => machine.name === name);
    if (!before || before.ip === ip) continue;
    throw new DeisError(
      'conflict',
      `${name} was made with the address ${before.ip}, which its certificates name`,
      `Keep it, give the machine another name, or begin anew: rm -r ${folder}`,
    );
  }
  const numbers = etcdMembers(machines.length);
  const fresh = machines
    .filter(({ name }) => !known?.machines.some((machine) => machine.name === name))
    .map(({ name, ip }, at) => ({ name, ip, member: !known && numbers.includes(at + 1) }));
  const decided: Decided = {
    ignition: 1,
    token: known?.token ?? `deis-${cluster}`,
    machines: [...(known?.machines ?? []), ...fresh],
  };
  await writeFileSpec('', { path, content: `${JSON.stringify(decided, undefined, 2)}\n` });
  return decided;
}
