// What new machines of a cluster are made from, found beside the cluster's context: its authority, its key, the present build.

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DeisError } from '../model/errors.ts';
import { readAuthority } from './authority-files.ts';
import type { ClusterContext } from './context.ts';
import type { ClusterKit } from './join/join.ts';
import { assembleOpt } from './opt.ts';
import { statePaths } from './checkout.ts';

/** Throws DeisError 'forbidden' on a computer that does not hold the cluster's authority, 'conflict' before the first build. */
export async function clusterKit(root: string, context: ClusterContext): Promise<ClusterKit> {
  const folder = dirname(context.tls.ca);
  const { version, hasDaemon } = await assembleOpt(root);
  if (!hasDaemon) {
    throw new DeisError(
      'conflict',
      'There is no deisd to bring along yet.',
      'Build it: npm run build',
    );
  }
  const platformKey = await secret(join(folder, 'platform.key'));
  await secret(join(folder, 'ca.key'));
  return {
    name: context.name,
    etcd: context.etcd,
    authority: await readAuthority(folder),
    platformKey,
    opt: { folder: join(statePaths(root).opt, version), version },
  };
}

async function secret(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new DeisError(
      'forbidden',
      `${file} cannot be read: machines are made and removed where the cluster's authority is kept`,
      'Use the computer, and the account, that made the cluster.',
      { cause },
    );
  }
}
