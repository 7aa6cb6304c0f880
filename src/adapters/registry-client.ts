// The platform's image registry as its users see it: several replicas, one name for each image, pinned by digest.

import { z } from 'zod';
import { DeisError, isDeisError, toDeisError } from '../model/errors.ts';
import { OWN_HOSTS, REGISTRY_DOOR, ownReference } from '../model/own-image.ts';
import type { Images, ResolvedImage } from '../ports/image-registry.ts';
import type { Log } from '../ports/log.ts';
import type { AskerTls } from './tls-beside-plain.ts';
import { type ImageName, parseImageName } from './image-name.ts';
import { bringImage } from './foreign-image.ts';
import { copyImage, partsOf } from './registry-copy.ts';
import { COPY_HEADER, type Manifest, RegistryReplica } from './registry-replica.ts';

interface Found {
  replica: RegistryReplica;
  manifest: Manifest;
}

/** `replicas` answers the `host:port` of every replica that is published now; `tls`: what we show them, left out in tests. */
export function registryImages(
  replicas: (signal: AbortSignal) => Promise<string[]>,
  log: Log,
  tls?: AskerTls,
): Images {
  const liveReplicas = async (signal: AbortSignal): Promise<RegistryReplica[]> => {
    const live = (await replicas(signal)).map((address) => new RegistryReplica(address, {}, tls));
    if (live.length > 0) return live;
    throw new DeisError(
      'unavailable',
      'No image registry is running.',
      'Start one with `deisctl start registry@1`, then try again.',
    );
  };
  return {
    async resolve(image, reader, signal): Promise<ResolvedImage> {
      const name = parseImageName(image);
      const live = await liveReplicas(signal);
      if (name.host !== undefined && !OWN_HOSTS.includes(name.host)) {
        return bringImage({ image, host: name.host, name }, reader, live[0]!, signal);
      }
      const found = await find(name, live, log, signal);
      const chosen = await newest(name, found, signal);
      if (!chosen) throw unknownImage(image, name);
      await spread(name, chosen, live, tls, signal);
      const { repository } = name;
      const { digest } = chosen.manifest;
      return { reference: ownReference({ repository, digest }), repository };
    },
    async blob({ repository, digest }, signal) {
      let failure: unknown;
      for (const replica of await liveReplicas(signal)) {
        try {
          return await replica.readBlob(repository, digest, signal);
        } catch (error) {
          signal.throwIfAborted();
          // One that is away may have it: that is said rather than that nobody has.
          if (failure === undefined || isDeisError(failure, 'not-found')) failure = error;
        }
      }
      throw failure;
    },
  };
}

/** All replicas that know the name. One that does not answer counts as not knowing it, unless none answers. */
async function find(
  { repository, reference }: ImageName,
  live: readonly RegistryReplica[],
  log: Log,
  signal: AbortSignal,
): Promise<Found[]> {
  const looks = await Promise.allSettled(
    live.map(async (replica) => ({
      replica,
      manifest: await replica.manifest(repository, reference, signal),
    })),
  );
  signal.throwIfAborted();
  const failures = looks.filter((look) => look.status === 'rejected');
  for (const { reason } of failures) {
    log.warn('registry replica did not answer', { error: toDeisError(reason).message });
  }
  if (failures.length === live.length) throw failures[0]!.reason;
  return looks.flatMap((look) =>
    look.status === 'fulfilled' && look.value.manifest
      ? [{ replica: look.value.replica, manifest: look.value.manifest }]
      : [],
  );
}

/**
 * A push goes to one replica, so replicas may know different images under one tag: the one that was made last is meant.
 */
async function newest(
  { repository }: ImageName,
  found: readonly Found[],
  signal: AbortSignal,
): Promise<Found | undefined> {
  if (new Set(found.map(({ manifest }) => manifest.digest)).size <= 1) return found[0];
  const dated = await Promise.all(
    found.map(async (one) => ({ one, made: await madeAt(repository, one, signal) })),
  );
  return dated.sort((a, b) => b.made - a.made)[0]?.one;
}

const configShape = z.object({ created: z.string().optional() });

/** ms since the epoch as the image's config says; 0 when it does not say. */
async function madeAt(
  repository: string,
  { replica, manifest }: Found,
  signal: AbortSignal,
): Promise<number> {
  const { blobs, manifests } = partsOf(manifest);
  if (manifests[0] !== undefined) {
    const inner = await replica.manifest(repository, manifests[0], signal);
    return inner ? madeAt(repository, { replica, manifest: inner }, signal) : 0;
  }
  if (blobs[0] === undefined) return 0;
  const config = configShape.safeParse(await replica.readJson(repository, blobs[0], signal));
  return config.success ? Date.parse(config.data.created ?? '') || 0 : 0;
}

/** Copies the image to every other live replica, so that any one of them may die. */
async function spread(
  { repository, reference, isDigest }: ImageName,
  { replica: from, manifest }: Found,
  live: readonly RegistryReplica[],
  tls: AskerTls | undefined,
  signal: AbortSignal,
): Promise<void> {
  const image = { name: repository, manifest, ...(isDigest ? {} : { tag: reference }) };
  await Promise.all(
    live.filter((to) => to !== from).map((to) => copyImage(image, from, asCopy(to, tls), signal)),
  );
}

/** Each replica is given it from here: it need not hand it on. */
const asCopy = ({ address }: RegistryReplica, tls: AskerTls | undefined): RegistryReplica =>
  new RegistryReplica(address, { [COPY_HEADER]: '1' }, tls);

function unknownImage(
  image: string,
  { host, repository, reference, isDigest }: ImageName,
): DeisError {
  const at = isDigest ? `${repository}@${reference}` : `${repository}:${reference}`;
  const hint =
    host === undefined
      ? `Push it to ${REGISTRY_DOOR}/${at} from a machine, or name its registry: docker.io/${at}.`
      : 'Push it first.';
  return new DeisError('not-found', `The image ${image} is not in the platform's registry.`, hint);
}
