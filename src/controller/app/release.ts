// Making releases: a build and a config under the next number.

import { randomUUID } from 'node:crypto';
import type { Build, Config, Release } from '../../model/app.ts';
import { keys } from '../../registry/keys.ts';
import { DeisError } from '../../model/errors.ts';
import type { Registry } from '../../registry/registry.ts';
import { type AppSnapshot, lastVersion } from './snapshot.ts';

/** The next release of an app; its number was never used before, also not by a release that failed. */
export function nextRelease(
  snapshot: AppSnapshot,
  parts: { owner: string; summary: string; config: string; build: string | null },
  at: string,
): Release {
  return {
    uuid: randomUUID(),
    app: snapshot.app.value.id,
    version: lastVersion(snapshot) + 1,
    state: 'pending',
    created: at,
    updated: at,
    ...parts,
  };
}

export async function readConfig(
  registry: Registry,
  release: Release,
  signal: AbortSignal,
): Promise<Config> {
  const config = await registry.get(keys.configs, [release.app, release.config], signal);
  if (config) return config.value;
  throw new DeisError(
    'internal',
    `release v${release.version} of ${release.app} has no config record`,
  );
}

/** Undefined for a release without a build. */
export async function readBuild(
  registry: Registry,
  release: Release,
  signal: AbortSignal,
): Promise<Build | undefined> {
  if (release.build === null) return undefined;
  const build = await registry.get(keys.builds, [release.app, release.build], signal);
  if (build) return build.value;
  throw new DeisError(
    'internal',
    `release v${release.version} of ${release.app} has no build record`,
  );
}
