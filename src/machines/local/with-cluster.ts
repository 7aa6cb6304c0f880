// Commands on the same cluster wait for each other; commands on different clusters do not.
import { createHash } from 'node:crypto';
import { exclusively } from '../../adapters/exclusive.ts';
import { DeisError } from '../../model/errors.ts';
import type { Progress } from '../progress.ts';
import { clusterNameProblem } from './address-plan.ts';
import { clusterPaths } from './record.ts';

/** Does `work` while nobody else changes this cluster. Throws DeisError 'invalid' for a name that no cluster can have. */
export async function withCluster<T>(
  root: string,
  name: string,
  progress: Progress,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const problem = clusterNameProblem(name);
  if (problem !== undefined) throw new DeisError('invalid', `${problem}.`);
  const { folder } = clusterPaths(root, name);
  const lock = `deis-local:${createHash('sha256').update(folder).digest('hex')}`;
  const wait = () => progress.note(`waiting for another command on cluster "${name}"`);
  return await exclusively(lock, wait, work, signal);
}
