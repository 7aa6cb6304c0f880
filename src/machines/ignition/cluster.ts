// A cluster of machines that configure themselves at their first boot: what is decided once (authority, keys, who carries the store)
// is kept where local clusters are kept, so that the same call gives the same files, and `deisctl -C <name>` reaches it afterwards.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeisError } from '../../model/errors.ts';
import { type ClusterContext, contextFile } from '../context.ts';
import { keptIdentity } from '../identity.ts';
import { ensureAuthority } from '../local/authority.ts';
import { ensureOperatorKey } from '../local/equipment.ts';
import { clusterPaths } from '../local/record.ts';
import { writeFileSpec } from '../write-file.ts';
import { ignitionConfig } from './config.ts';
import { decide, keepDecided } from './decided.ts';
import { userData } from './user-data.ts';
import { type IgnitionWish, wishProblem } from './wish.ts';

export interface MachineText {
  name: string;
  /** The Ignition file, laid out for people. */
  text: string;
  /** The same as a cloud takes it. */
  userData: string;
}

/** One for each machine that was asked for. Throws DeisError. */
export async function makeIgnition(
  root: string,
  wish: IgnitionWish,
  now: Date,
  signal: AbortSignal,
): Promise<MachineText[]> {
  const problem = wishProblem(wish);
  if (problem !== undefined) throw new DeisError('invalid', problem);
  const decided = await decide(root, wish);
  const { cluster } = wish;
  const authority = await ensureAuthority(root, cluster, now);
  const operatorKey = await ensureOperatorKey(root, cluster, signal);
  const { tls } = clusterPaths(root, cluster);
  await keepDecided(root, cluster, decided);
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
      return {
        name: machine.name,
        text: `${JSON.stringify(config, undefined, 2)}\n`,
        userData: userData(config),
      };
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
