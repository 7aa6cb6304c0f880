// Images that every machine brings along as archives: bases for Dockerfiles (`FROM deis/node`) and the stack of buildpack apps.
// They are loaded when a build first needs them, and again when the Engine has lost them.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DeisError } from '../../model/errors.ts';
import type { ImageBuilder } from '../../ports/image-builder.ts';

const note = z.object({ reference: z.string(), id: z.string() });

/** Archives `<name>.tar` that may be named `deis/<name>`. To add one: a row in machines/base-images.ts, and here. */
const BASES = ['node', 'stack'];

/** The base an image's name means, or undefined. */
export function baseNamed(image: string): string | undefined {
  const match = /^(?:docker\.io\/)?deis\/([a-z]+)(?::latest)?$/.exec(image);
  return match && BASES.includes(match[1]!) ? match[1] : undefined;
}

/** After it the Engine has `deis/<name>:latest` as this machine was brought it last. The exact reference. */
export async function ensureBase(
  engine: ImageBuilder,
  images: string,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  const { reference, id } = await readNote(join(images, `${name}.json`), name);
  const latest = `deis/${name}:latest`;
  if ((await engine.imageId(reference, signal)) === undefined) {
    await engine.load(join(images, `${name}.tar`), signal);
  }
  if ((await engine.imageId(latest, signal)) !== id) await engine.tag(reference, latest, signal);
  return reference;
}

async function readNote(path: string, name: string): Promise<z.infer<typeof note>> {
  try {
    return note.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new DeisError(
      'unsupported',
      `This machine has no image deis/${name}: ${path} cannot be read.`,
      'Bring it: `deisctl local up` for a local cluster.',
      { cause },
    );
  }
}
