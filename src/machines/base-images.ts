// Images that machines bring along for builds: `deis/node`, a base for Dockerfiles, and `deis/stack`, which buildpacks build on and
// their apps run on. Each lies beside the platform's own image as `<name>.tar`, with its reference in `<name>.json`.

import { join } from 'node:path';
import { type BuiltImage, type ImageSources, buildNodeImage, buildStackImage } from './images.ts';
import { imageCache, pinnedNode, publishImage } from './platform-image.ts';

/** To add one: a row here, in opt.ts, and in builder/build/bases.ts. */
const IMAGES: Record<
  string,
  (sources: ImageSources, templates: string, signal: AbortSignal) => Promise<BuiltImage>
> = {
  node: (sources, _templates, signal) => buildNodeImage(sources, signal),
  stack: buildStackImage,
};

/** Builds what is missing: about 40 s the first time. */
export async function ensureBaseImages(root: string, signal: AbortSignal): Promise<void> {
  const cache = imageCache(root);
  const sources = { node: pinnedNode(root), cache };
  for (const [name, build] of Object.entries(IMAGES)) {
    const image = await build(sources, join(root, 'templates'), signal);
    await publishImage(name, image, cache);
  }
}
