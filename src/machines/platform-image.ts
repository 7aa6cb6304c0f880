// Puts the platform's image where machines get it from: `platform.tar` and, beside it, `platform.json` with its reference.

import { existsSync } from 'node:fs';
import { chmod, link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildTarget } from './build-target.ts';
import { type BuiltImage, buildPlatformImage } from './images.ts';

/**
 * In a container the Engine limits memory; the daemon of a machine has a launcher of its own (opt.ts). One arena: with one for
 * each thread, what hashing passwords takes for a moment stays with the process many times. Large blocks go back when they are freed.
 */
const LAUNCHER = `#!/bin/sh
export MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
exec /opt/deis/bin/node --max-semi-space-size=8 /opt/deis/dist/deisd.js "$@"
`;

/** Builds what is missing; undefined while the daemon has not been built. */
export async function ensurePlatformImage(
  root: string,
  target: BuildTarget,
  signal: AbortSignal,
): Promise<BuiltImage | undefined> {
  const daemon = join(root, 'dist/daemon');
  if (!existsSync(join(daemon, 'deisd.js'))) return undefined;
  const { cache } = target;
  const launcher = join(cache, 'launcher');
  await mkdir(launcher, { recursive: true });
  await writeFile(join(launcher, 'deisd'), LAUNCHER);
  await chmod(join(launcher, 'deisd'), 0o755);
  const parts = {
    bin: launcher,
    dist: daemon,
    templates: join(root, 'templates'),
    units: join(root, 'units'),
  };
  const image = await buildPlatformImage(target, parts, signal);
  await publishImage('platform', image, cache);
  return image;
}

/** Puts an image where machines get it from: `<name>.tar` and, beside it, `<name>.json` with its reference. */
export async function publishImage(name: string, image: BuiltImage, cache: string): Promise<void> {
  const archive = join(cache, `${name}.tar`);
  const fresh = `${archive}.${process.pid}`;
  await rm(fresh, { force: true });
  await link(image.archive, fresh);
  await rename(fresh, archive);
  // rename(2) leaves both names when they are the same file already.
  await rm(fresh, { force: true });
  const note = join(cache, `${name}.json`);
  const { reference, id } = image;
  await writeFile(`${note}.${process.pid}`, `${JSON.stringify({ reference, id })}\n`);
  await rename(`${note}.${process.pid}`, note);
}
