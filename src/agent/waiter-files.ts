// The two root-only files of a container's unit, from which the waiter makes the container. The only place of config values.

import { createHash } from 'node:crypto';
import type { ContainerSpec } from '../model/container-spec.ts';
import { engineRequest } from './engine-request.ts';

/** Where the waiter looks; it lies on disk, so that a boot without etcd finds it. */
export const WAITER_DIRECTORY = '/var/lib/deis/units';

export interface WaiterFile {
  path: string;
  mode: number;
  content: string;
}

/**
 * `<unit>.json`: the Engine's create request. `<unit>.waiter`: one line, `<name> <digest> <stop timeout, s> <image>`.
 * Write the .waiter file last: a container is adopted only if it carries the digest named there.
 */
export function waiterFiles(spec: ContainerSpec, directory = WAITER_DIRECTORY): WaiterFile[] {
  const digest = specDigest(spec);
  return [
    {
      path: `${directory}/${spec.unit}.json`,
      mode: 0o600,
      content: JSON.stringify(engineRequest(spec, digest)),
    },
    {
      path: `${directory}/${spec.unit}.waiter`,
      mode: 0o600,
      content: `${spec.name} ${digest} ${spec.stopTimeout} ${spec.image}\n`,
    },
  ];
}

export function waiterPaths(unit: string, directory = WAITER_DIRECTORY): string[] {
  return ['json', 'waiter'].map((kind) => `${directory}/${unit}.${kind}`);
}

/** Same digest: the running container is as wanted and may be adopted. 32 hex digits. */
export function specDigest(spec: ContainerSpec): string {
  return createHash('sha256')
    .update(JSON.stringify(engineRequest(spec, '')))
    .digest('hex')
    .slice(0, 32);
}
