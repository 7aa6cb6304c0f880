// What archive, package and image are made from for a processor that this computer has not: its Node from npm, Debian's packages for it,
// the native add-on by a cross compiler. Made once and kept, each part by itself: who was cut off goes on there.

import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withEmulation } from '../adapters/emulation.ts';
import { exclusively } from '../adapters/exclusive.ts';
import { ensureBaseImages } from '../machines/base-images.ts';
import { statePaths } from '../machines/checkout.ts';
import { dropOldImages } from '../machines/drop-old-images.ts';
import { ensurePlatformImage } from '../machines/platform-image.ts';
import type { Progress } from '../machines/progress.ts';
import { DeisError } from '../model/errors.ts';
import { PROCESSORS, type Processor } from '../model/processor.ts';
import type { Lock } from './bill.ts';
import { debianTree } from './debian-tree.ts';
import { JOURNAL_PACKAGES, journalAddOn } from './journal-add-on.ts';
import { nodeFromNpm } from './node-from-npm.ts';
import { type ReleaseTarget, STORE_PACKAGES } from './target.ts';

/** Images are set up by an emulated processor, on a busy computer too; one that needs longer hangs. Milliseconds. */
const IMAGES_MAX = 45 * 60_000;

/** Makes what is missing. Throws DeisError 'unsupported' where a part cannot be made on this computer. */
export async function foreignTarget(
  root: string,
  processor: Processor,
  lock: Lock,
  progress: Progress,
  signal: AbortSignal,
): Promise<ReleaseTarget> {
  const { debian } = PROCESSORS[processor];
  const cache = join(statePaths(root).cache, `images-${debian}`);
  await mkdir(cache, { recursive: true });
  const digest = createHash('sha256').update(root).digest('hex');
  const parts = async () => {
    await dropOldImages(cache, Date.now());
    const runtime = await nodeFromNpm(root, processor, lock, cache, signal);
    const packages = [...STORE_PACKAGES, ...JOURNAL_PACKAGES];
    const store = await debianTree(cache, processor, packages, signal);
    const modules = join(root, 'node_modules');
    const journal = await journalAddOn(modules, processor, runtime, store, cache, signal);
    return { processor, node: join(runtime, 'bin/node'), journal, cache, store };
  };
  const target = await progress.step(`Parts for ${debian}`, () => {
    const waits = () => progress.note('waiting for another command that makes them');
    return exclusively(`deis-${debian}:${digest}`, waits, parts, signal);
  });
  await progress.step(`Images for ${debian}, emulated: minutes the first time`, () =>
    emulatedImages(root, target, signal),
  );
  return target;
}

/** Throws DeisError 'timeout' when they take longer than IMAGES_MAX. */
async function emulatedImages(
  root: string,
  target: ReleaseTarget,
  signal: AbortSignal,
): Promise<void> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(IMAGES_MAX)]);
  const make = async (): Promise<void> => {
    await ensurePlatformImage(root, target, bounded);
    await ensureBaseImages(root, target, bounded);
    await dropOldImages(target.cache, Date.now());
  };
  try {
    await withEmulation(target.processor, make, bounded);
  } catch (cause) {
    if (signal.aborted || !bounded.aborted) throw cause;
    throw new DeisError(
      'timeout',
      `The images for ${target.processor} were not ready after ${IMAGES_MAX / 60_000} minutes.`,
      'What is ready is kept: run it again.',
      { cause },
    );
  }
}
