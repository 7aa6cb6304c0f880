// Names of images: which are the platform's own, and what of a name says which bytes are meant.

import { DeisError } from '../model/errors.ts';

export interface ImageName {
  /** `docker.io`, `quay.io:443`; undefined for a bare name. */
  host: string | undefined;
  /** `hello`, `team/api` */
  repository: string;
  /** A tag, or a digest `sha256:…`. */
  reference: string;
  isDigest: boolean;
}

const REPOSITORY = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Docker's rule: a first part with a dot, a colon, or `localhost`, is a host. Throws DeisError('invalid'). */
export function parseImageName(image: string): ImageName {
  const slash = image.indexOf('/');
  const first = slash < 0 ? '' : image.slice(0, slash);
  const hasHost = first === 'localhost' || /[.:]/.test(first);
  const rest = hasHost ? image.slice(slash + 1) : image;
  const [named = '', digest, ...more] = rest.split('@');
  const colon = named.lastIndexOf(':');
  const repository = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  const valid =
    (!hasHost || HOST.test(first)) &&
    REPOSITORY.test(repository) &&
    more.length === 0 &&
    (digest === undefined || DIGEST.test(digest)) &&
    (tag === undefined || TAG.test(tag));
  if (!valid) {
    throw new DeisError(
      'invalid',
      `"${image}" is not the name of an image.`,
      'A name is name[:tag] or name@sha256:….',
    );
  }
  return {
    host: hasHost ? first : undefined,
    repository,
    reference: digest ?? tag ?? 'latest',
    isDigest: digest !== undefined,
  };
}
