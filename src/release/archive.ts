// The tree that becomes /opt/deis on a machine, with the store's program for systems that have no package of it, as one archive.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../adapters/process.ts';
import { DeisError } from '../model/errors.ts';
import { statePaths } from '../machines/checkout.ts';
import { BASE_NAME, basePath } from '../machines/local/base-system.ts';
import { assembleOpt } from '../machines/opt.ts';
import { writeFileSpec } from '../machines/write-file.ts';

export interface StagedNode {
  folder: string;
  /** Name of the folder below /opt/deis-versions: it changes with the content. */
  version: string;
}

/** When everything in a release was last changed, as its files say: they are told apart by their content. 2026-01-01, UTC. */
export const RELEASE_SECONDS = 1_767_225_600;

/** Throws DeisError 'conflict' before the first build. */
export async function stageNode(
  root: string,
  staging: string,
  release: string,
  signal: AbortSignal,
): Promise<StagedNode> {
  const { version, hasDaemon } = await assembleOpt(root);
  if (!hasDaemon) throw new DeisError('conflict', 'deisd is not built yet.', 'npm run build');
  const folder = join(staging, 'node');
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  await run(
    'cp',
    ['-a', '--reflink=auto', join(statePaths(root).opt, version), folder],
    {},
    signal,
  );
  const programs = ['etcd', 'etcdctl'].map((name) =>
    join(basePath(root, BASE_NAME), 'usr/bin', name),
  );
  await run('cp', ['--dereference', ...programs, join(folder, 'bin')], {}, signal);
  await writeFileSpec(folder, { path: '/VERSION', content: `${version}\n` });
  await writeFileSpec(folder, { path: '/RELEASE', content: `${release}\n` });
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
