// The tree that becomes /opt/deis on a machine, with the store's program for systems that have no package of it, as one archive.

import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../adapters/process.ts';
import { DeisError } from '../model/errors.ts';
import { assembleOpt } from '../machines/opt.ts';
import { writeFileSpec } from '../machines/write-file.ts';
import { requireProgramsFor } from './programs.ts';
import type { ReleaseTarget } from './target.ts';

export interface StagedNode {
  folder: string;
  /** Name of the folder below /opt/deis-versions: it changes with the content. */
  version: string;
}

/** When everything in a release was last changed, as its files say: they are told apart by their content. 2026-01-01, UTC. */
export const RELEASE_SECONDS = 1_767_225_600;

/** Throws DeisError 'conflict' before the first build, and when a program in it is for another processor. */
export async function stageNode(
  root: string,
  target: ReleaseTarget,
  staging: string,
  release: string,
  signal: AbortSignal,
): Promise<StagedNode> {
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  const { version, hasDaemon } = await assembleOpt(root, target, staging);
  if (!hasDaemon) throw new DeisError('conflict', 'deisd is not built yet.', 'npm run build');
  const folder = join(staging, 'node');
  await rename(join(staging, version), folder);
  const programs = ['etcd', 'etcdctl'].map((name) => join(target.store, 'usr/bin', name));
  await run('cp', ['--dereference', ...programs, join(folder, 'bin')], {}, signal);
  await writeFileSpec(folder, { path: '/VERSION', content: `${version}\n` });
  await writeFileSpec(folder, { path: '/RELEASE', content: `${release}\n` });
  await requireProgramsFor(folder, target.processor, signal);
  return { folder, version };
}

/** The same tree gives the same bytes. */
export async function makeArchive(
  { folder }: StagedNode,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const same = [
    '--sort=name',
    `--mtime=@${RELEASE_SECONDS}`,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
  ];
  const words = [...same, '--use-compress-program=gzip -n -3', '-cf', path, '-C', folder, '.'];
  await run('tar', words, {}, signal);
}
