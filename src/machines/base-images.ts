// Images that machines bring along for builds: `deis/node`, a base for Dockerfiles, and `deis/stack`, which buildpacks build on and
// their apps run on. Each lies beside the platform's own image as `<name>.tar`, with its reference in `<name>.json`.

import { join } from 'node:path';
import type { BuildTarget } from './build-target.ts';
import { type BuiltImage, buildNodeImage, buildStackImage } from './images.ts';
import { publishImage } from './platform-image.ts';

/** To add one: a row here, in opt.ts, and in builder/build/bases.ts. */
const IMAGES: Record<
  string,
  (target: BuildTarget, templates: string, signal: AbortSignal) => Promise<BuiltImage>
> = {
  node: (target, _templates, signal) => buildNodeImage(target, signal),
  stack: buildStackImage,
};

/** Builds what is missing: about 40 s the first time. */
export async function ensureBaseImages(
  root: string,
  target: BuildTarget,
  signal: AbortSignal,
): Promise<void> {
  for (const [name, build] of Object.entries(IMAGES)) {
    const image = await build(target, join(root, 'templates'), signal);
    await publishImage(name, image, target.cache);
  }
}
