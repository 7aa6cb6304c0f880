// The build cache of an app: CACHE_DIR of its buildpacks, kept from build to build as the tar that the Engine hands out. It is never
// unpacked outside a workshop.

import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ImageBuilder, Show } from '../../ports/image-builder.ts';

const LARGEST = 2 ** 30;

class TooLarge extends Error {}

const fileIn = (cache: string): string => join(cache, 'cache.tar');

/** /tmp/cache of the workshop, as the last build left it. */
export async function bringCache(
  engine: ImageBuilder,
  workshop: string,
  cache: string,
  signal: AbortSignal,
): Promise<void> {
  const file = fileIn(cache);
  if (existsSync(file)) await engine.bring(workshop, '/tmp', createReadStream(file), signal);
}

/** A cache larger than 1 GB is dropped, and the pusher told. */
export async function keepCache(
  engine: ImageBuilder,
  workshop: string,
  cache: string,
  show: Show,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(cache, { recursive: true });
  const fresh = `${fileIn(cache)}.new`;
  const files = await engine.fetch(workshop, '/tmp/cache', signal);
  if (!files) return;
  try {
    await pipeline(Readable.from(files), bounded(), createWriteStream(fresh), { signal });
    await rename(fresh, fileIn(cache));
  } catch (error) {
    await rm(fresh, { force: true });
    if (!(error instanceof TooLarge)) throw error;
    await rm(fileIn(cache), { force: true });
    show('       The build cache is larger than 1 GB: it is not kept\n');
  }
}

function bounded(): Transform {
  let size = 0;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      size += chunk.length;
      if (size > LARGEST) done(new TooLarge());
      else done(null, chunk);
    },
  });
}
