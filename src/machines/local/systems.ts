// The file systems a checkout makes once: the Debian its machines stand on, and the image of the platform's containers.
import { createHash } from 'node:crypto';
import { exclusively } from '../../adapters/exclusive.ts';
import { ensureBaseImages } from '../base-images.ts';
import { dropOldImages } from '../drop-old-images.ts';
import { ownTarget } from '../build-target.ts';
import { ensurePlatformImage } from '../platform-image.ts';
import type { Progress } from '../progress.ts';
import { ensureBaseSystem } from './base-system.ts';

/** Makes what is missing, side by side; commands that want the same wait for each other. */
export async function makeSystems(
  root: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const digest = createHash('sha256').update(root).digest('hex');
  const once = (what: string, title: string, make: () => Promise<unknown>) =>
    progress.step(title, () =>
      exclusively(
        `deis-${what}:${digest}`,
        () => progress.note(`waiting for another command that makes it: ${title}`),
        make,
        signal,
      ),
    );
  await Promise.all([
    once('base', 'Base system', () => ensureBaseSystem(root, signal)),
    once('image', 'Images', async () => {
      const own = ownTarget(root);
      await ensurePlatformImage(root, own, signal);
      await ensureBaseImages(root, own, signal);
      await dropOldImages(own.cache, Date.now());
    }),
  ]);
}
