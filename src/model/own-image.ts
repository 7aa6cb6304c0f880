// References to images of the platform's own registry, as releases keep them for ever (DESIGN §12).

/** The registry door of every machine. */
export const REGISTRY_DOOR = '127.0.0.1:5555';

/** Hosts by which a machine knows its own door. */
export const OWN_HOSTS: readonly string[] = [REGISTRY_DOOR, 'localhost:5555'];

/** Holds the stack's image, so that no app's push has to send it. */
export const STACK_REPOSITORY = 'deis-stack';

export interface OwnImage {
  /** `hello`, `team/api` */
  repository: string;
  /** `sha256:…` */
  digest: string;
}

const REFERENCE = /^127\.0\.0\.1:5555\/([a-z0-9/._-]+)@(sha256:[0-9a-f]{64})$/;

/** Undefined for an image of another registry, or without a digest. */
export function ownImage(reference: string): OwnImage | undefined {
  const [, repository, digest] = REFERENCE.exec(reference) ?? [];
  return repository !== undefined && digest !== undefined ? { repository, digest } : undefined;
}

export function ownReference({ repository, digest }: OwnImage): string {
  return `${REGISTRY_DOOR}/${repository}@${digest}`;
}
