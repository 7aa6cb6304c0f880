// Which image of an index the machines run: one of Linux for their kind of processor (OCI image-index); pure.

import { z } from 'zod';
import { DeisError } from '../model/errors.ts';
import type { Manifest } from './registry-replica.ts';

const platform = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
});
const indexShape = z.object({
  manifests: z.array(z.object({ digest: z.string(), platform: platform.optional() })),
});

/** Go's names of processors, as images have them. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Digest of the image for this processor (Node's name); undefined when `manifest` is no index. Throws DeisError('invalid'). */
export function choosePlatform(
  image: string,
  manifest: Manifest,
  processor: string,
): string | undefined {
  if (!/manifest\.list|image\.index/.test(manifest.type)) return undefined;
  const { manifests } = indexShape.parse(JSON.parse(manifest.bytes.toString()));
  const architecture = ARCHITECTURES[processor] ?? processor;
  const fitting = manifests.filter(
    (one) => one.platform?.os === 'linux' && one.platform.architecture === architecture,
  );
  const [first] = fitting;
  if (first) return first.digest;
  const has = manifests.flatMap((one) =>
    one.platform && one.platform.os !== 'unknown'
      ? [`${one.platform.os}/${one.platform.architecture}`]
      : [],
  );
  throw new DeisError(
    'invalid',
    `${image} has nothing for linux/${architecture}, only for ${has.join(', ') || 'no platform'}.`,
  );
}
