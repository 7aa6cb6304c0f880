// A processor that a release is made for, and what its archive, package and image are made from.

import { type BuildTarget, ownTarget } from '../machines/build-target.ts';
import { BASE_NAME, basePath } from '../machines/local/base-system.ts';

export interface ReleaseTarget extends BuildTarget {
  /** A Debian root with `STORE_PACKAGES`, and dpkg's notes of their versions. */
  store: string;
}

/** Where the store's programs come from, which an archive carries for systems that have no package of them. */
export const STORE_PACKAGES = ['etcd-server', 'etcd-client'] as const;

/** For this computer's own processor: all of it is there once makeSystems (machines/local/systems.ts) has ended. */
export function ownReleaseTarget(root: string): ReleaseTarget {
  return { ...ownTarget(root), store: basePath(root, BASE_NAME) };
}
