// Brings an image from one replica of the registry to another: blob by blob, streaming, only what is missing.

import type { Readable } from 'node:stream';
import { z } from 'zod';
import { DeisError } from '../model/errors.ts';
import type { Manifest, RegistryReplica } from './registry-replica.ts';

const descriptor = z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) });
/** An image manifest names a config and layers, an index names manifests (OCI image-spec, Docker schema 2). */
const manifestShape = z.object({
  config: descriptor.optional(),
  layers: z.array(descriptor.extend({ urls: z.array(z.string()).optional() })).optional(),
  manifests: z.array(descriptor).optional(),
});

/** What an image's manifest names. Throws DeisError('invalid') for a manifest of another kind. */
export function partsOf(manifest: Manifest): { blobs: string[]; manifests: string[] } {
  let json: unknown;
  try {
    json = JSON.parse(manifest.bytes.toString());
  } catch (cause) {
    throw new DeisError('invalid', `The manifest ${manifest.digest} is not JSON.`, '', { cause });
  }
  const parsed = manifestShape.safeParse(json);
  if (!parsed.success)
    throw new DeisError('invalid', `The manifest ${manifest.digest} is malformed.`);
  const { config, layers = [], manifests = [] } = parsed.data;
  // Layers with urls are foreign: registries do not hold them.
  const own = layers.filter((layer) => layer.urls === undefined);
  const blobs = [...(config ? [config] : []), ...own].map(({ digest }) => digest);
  return { blobs: [...new Set(blobs)], manifests: manifests.map(({ digest }) => digest) };
}

/** Where an image is read from: a replica, or a registry of other people. */
export interface ImageSource {
  manifest(name: string, reference: string, signal: AbortSignal): Promise<Manifest | undefined>;
  readBlob(
    name: string,
    digest: string,
    signal: AbortSignal,
  ): Promise<{ body: Readable; size: number }>;
}

/** After it `to` holds the image under its digest, and under `tag` when given. It may have another name at its source. Safe to repeat. */
export async function copyImage(
  image: { name: string; manifest: Manifest; tag?: string; sourceName?: string },
  from: ImageSource,
  to: RegistryReplica,
  signal: AbortSignal,
): Promise<void> {
  const { name, manifest, tag, sourceName = name } = image;
  if (!(await to.hasManifest(name, manifest.digest, signal))) {
    const { blobs, manifests } = partsOf(manifest);
    for (const digest of manifests) {
      const inner = await from.manifest(sourceName, digest, signal);
      // An index may name platforms that were never pushed.
      if (inner) await copyImage({ name, manifest: inner, sourceName }, from, to, signal);
    }
    for (const digest of blobs) {
      if (await to.hasBlob(name, digest, signal)) continue;
      await to.writeBlob(name, digest, () => from.readBlob(sourceName, digest, signal), signal);
    }
    await to.writeManifest(name, manifest.digest, manifest, signal);
  }
  if (tag !== undefined) await to.writeManifest(name, tag, manifest, signal);
}
