// Everything the machines of a cluster are made from, gathered once: keys, certificates, the daemon's version, what the box lends.
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../../adapters/process.ts';
import { ifMissing } from '../../model/missing.ts';
import type { Authority } from '../authority-files.ts';
import { assembleOpt, type OptVersion } from '../opt.ts';
import { ensureAuthority } from './authority.ts';
import { readBoxFiles } from './box-files.ts';
import { etcdAccount } from './machine.ts';
import type { BoxFiles, EtcdAccount } from './machine-files.ts';
import type { OperatorTls } from './ready.ts';
import { clusterPaths, type ClusterRecord } from './record.ts';

/** What machines of a cluster are made from. */
export interface Equipment {
  authority: Authority;
  opt: OptVersion;
  box: BoxFiles;
  etcd: EtcdAccount;
  operatorKey: string;
  platformKey: string;
  operator: OperatorTls;
  now: Date;
}

/** Makes what is missing of it and returns it. */
export async function equip(
  root: string,
  cluster: ClusterRecord,
  signal: AbortSignal,
): Promise<Equipment> {
  const now = new Date();
  const { tls } = clusterPaths(root, cluster.name);
  const [authority, opt, box, etcd, operatorKey] = await Promise.all([
    ensureAuthority(root, cluster.name, now),
    assembleOpt(root),
    readBoxFiles(),
    etcdAccount(root, cluster.base),
    ensureOperatorKey(root, cluster.name, signal),
  ]);
  const platformKey = await readFile(join(tls, 'platform.key'), 'utf8');
  const operator = {
    ca: authority.trusted,
    cert: await readFile(join(tls, 'operator.crt'), 'utf8'),
    key: await readFile(join(tls, 'operator.key'), 'utf8'),
  };
  return { authority, opt, box, etcd, operatorKey, platformKey, operator, now };
}

/** The operator's OpenSSH public key of a cluster, made once. */
export async function ensureOperatorKey(
  root: string,
  cluster: string,
  signal: AbortSignal,
): Promise<string> {
  const key = join(clusterPaths(root, cluster).ssh, 'id_ed25519');
  const publicKey = await readFile(`${key}.pub`, 'utf8').catch(ifMissing(undefined));
  if (publicKey !== undefined) return publicKey;
  await mkdir(dirname(key), { recursive: true, mode: 0o700 });
  const comment = `operator of ${cluster}`;
  await run(
    'ssh-keygen',
    ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', key],
    { input: 'y\n' },
    signal,
  );
  return await readFile(`${key}.pub`, 'utf8');
}
