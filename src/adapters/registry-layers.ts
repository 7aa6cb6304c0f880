// The layers of an image in a registry, by digest: what its manifest says.

import { z } from 'zod';
import { DeisError } from '../model/errors.ts';
import { parseImageName } from './image-name.ts';
import { RegistryReplica } from './registry-replica.ts';
import type { AskerTls } from './tls-beside-plain.ts';

const manifestShape = z.object({ layers: z.array(z.object({ digest: z.string() })) });

/**
 * Digests of the compressed layers, lowest first. `address` is `host:port`, `image` any name of the image's repository, `digest` of its
 * manifest. Throws DeisError('not-found') when the registry has none.
 */
export async function layersOf(
  { address, tls }: { address: string; tls?: AskerTls },
  image: string,
  digest: string,
  signal: AbortSignal,
): Promise<string[]> {
  const { repository } = parseImageName(image);
  const manifest = await new RegistryReplica(address, {}, tls).manifest(repository, digest, signal);
  if (!manifest) throw new DeisError('not-found', `The registry has no ${repository}@${digest}.`);
  const { layers } = manifestShape.parse(JSON.parse(manifest.bytes.toString()));
  return layers.map((layer) => layer.digest);
}
