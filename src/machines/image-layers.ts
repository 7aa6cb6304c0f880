// Layers of the images this project makes: Debian packages, the pinned runtime, own files. Each is built once per recipe.

import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { tarDirectory } from '../adapters/image-archive.ts';
import { mmdebstrap } from '../adapters/mmdebstrap.ts';
import { PROCESSORS } from '../model/processor.ts';
import type { BuildTarget } from './build-target.ts';

/** Of Debian, in every image. */
export const SUITE = 'bookworm';
/** Left out of every image: documents, package lists, the package manager's notes, and Perl's library. */
const DROPPED = [
  'usr/share/{doc,locale,man,info,perl}',
  'usr/lib/*/{perl,libperl.so}*',
  'var/lib/apt',
  'var/lib/dpkg/info',
  'var/cache/{apt,debconf}',
  'var/log',
];

export interface DebianRecipe {
  /** mmdebstrap's variant: `essential` is a configured minimal system, `extract` only unpacks. */
  variant: 'essential' | 'extract';
  packages: string[];
  /** Shell lines run in the box with "$1" as the new root. */
  hooks?: string[];
}

/** A layer of Debian packages: 15 to 40 s the first time; for another processor, minutes (adapters/emulation.ts). */
export function debianLayer(
  { cache, processor }: BuildTarget,
  { variant, packages, hooks = [] }: DebianRecipe,
  signal: AbortSignal,
): Promise<string> {
  const recipe = JSON.stringify([SUITE, variant, packages, hooks, DROPPED]);
  return cached(cache, 'debian', recipe, async (target, scratch) => {
    // Without a configured system mmdebstrap never comes to the customize hooks.
    const hook = variant === 'extract' ? '--extract-hook' : '--customize-hook';
    const drop = DROPPED.map((pattern) => `"$1"/${pattern}`).join(' ');
    await mmdebstrap(
      [
        '--quiet',
        '--mode=root',
        `--architectures=${PROCESSORS[processor].debian}`,
        `--variant=${variant}`,
        '--aptopt=Apt::Install-Recommends "false"',
        `--include=${packages.join(',')}`,
        ...hooks.map((command) => `${hook}=${command}`),
        `${hook}=bash -c 'rm -rf ${drop}' -- "$1"`,
        '--format=tar',
        SUITE,
        target,
      ],
      scratch,
      signal,
    );
  });
}

/** The pinned Node runtime as /opt/deis/bin/node. */
export async function runtimeLayer(
  { cache, node }: BuildTarget,
  signal: AbortSignal,
): Promise<string> {
  const { size, mtimeMs } = await stat(node);
  return cached(cache, 'runtime', JSON.stringify([size, mtimeMs]), (target) =>
    packed(
      target,
      async (root) => {
        await mkdir(join(root, 'opt/deis/bin'), { recursive: true });
        await cp(node, join(root, 'opt/deis/bin/node'));
      },
      signal,
    ),
  );
}

/** Files and directories of ours, `{'opt/deis/dist': source}`. Named by the hash of what is in it. */
export async function filesLayer(
  cache: string,
  files: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const fresh = join(cache, `files-${process.pid}.tar`);
  await packed(
    fresh,
    async (root) => {
      for (const [target, source] of Object.entries(files)) {
        await cp(source, join(root, target), { recursive: true });
      }
    },
    signal,
  );
  const digest = createHash('sha256')
    .update(await readFile(fresh))
    .digest('hex');
  const target = join(cache, `files-${digest.slice(0, 16)}.tar`);
  await rename(fresh, target);
  return target;
}

async function packed(
  target: string,
  fill: (root: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const root = await mkdtemp(`${target}.dir-`);
  try {
    await fill(root);
    await tarDirectory(root, target, signal);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** A layer file named after its recipe; built into a side file first, so that a build cut off leaves nothing usable. */
async function cached(
  cache: string,
  name: string,
  recipe: string,
  make: (target: string, scratch: string) => Promise<void>,
): Promise<string> {
  await mkdir(cache, { recursive: true });
  const digest = createHash('sha256').update(recipe).digest('hex').slice(0, 16);
  const layer = join(cache, `${name}-${digest}.tar`);
  const exists = await stat(layer).then(
    () => true,
    () => false,
  );
  if (exists) return layer;
  const fresh = `${layer}.new-${process.pid}.tar`;
  try {
    await make(fresh, `${layer}.scratch`);
    await rename(fresh, layer);
  } finally {
    await rm(fresh, { force: true });
  }
  return layer;
}
