// Brings an image of other people's registry into the platform's, so that releases do not depend on what becomes of it there.

import { DeisError } from '../model/errors.ts';
import { ownReference } from '../model/own-image.ts';
import { canonicalHost, isInnerHost } from '../model/registry-login.ts';
import type { ImageReader, ResolvedImage } from '../ports/image-registry.ts';
import { ForeignRegistry } from './foreign-registry.ts';
import type { ImageName } from './image-name.ts';
import { choosePlatform } from './image-platform.ts';
import { copyImage } from './registry-copy.ts';
import { type Manifest, type RegistryReplica } from './registry-replica.ts';

export interface ForeignImage {
  /** As the user named it. */
  image: string;
  host: string;
  name: ImageName;
}

/** Into the app's repository, through a replica that brings it to the others. Errors as of Images.resolve. */
export async function bringImage(
  { image, host, name }: ForeignImage,
  { app, logins }: ImageReader,
  to: RegistryReplica,
  signal: AbortSignal,
): Promise<ResolvedImage> {
  if (isInnerHost(host)) {
    throw new DeisError(
      'invalid',
      `${host} is a machine's own address: nothing is read from there.`,
    );
  }
  const known = canonicalHost(host);
  const from = new ForeignRegistry(known, Object.hasOwn(logins, known) ? logins[known] : {});
  const sourceName =
    known === 'docker.io' && !name.repository.includes('/')
      ? `library/${name.repository}`
      : name.repository;
  const manifest = await findManifest(
    { image, sourceName, reference: name.reference },
    from,
    signal,
  );
  await copyImage({ name: app, manifest, sourceName }, from, to, signal);
  return { reference: ownReference({ repository: app, digest: manifest.digest }), repository: app };
}

async function findManifest(
  { image, sourceName, reference }: { image: string; sourceName: string; reference: string },
  from: ForeignRegistry,
  signal: AbortSignal,
): Promise<Manifest> {
  const read = async (asked: string): Promise<Manifest> => {
    const found = await from.manifest(sourceName, asked, signal);
    if (found) return found;
    const hint = 'Check its name and tag. A private image needs a login: deis registry:set.';
    throw new DeisError('not-found', `There is no image ${image}.`, hint);
  };
  const manifest = await read(reference);
  const chosen = choosePlatform(image, manifest, process.arch);
  return chosen === undefined ? manifest : read(chosen);
}
