// What a build is asked and what it answers. Every kind of build is a function of this shape.

import type { BuildLimits, ImageBuilder, Show } from '../../ports/image-builder.ts';
import type { AppJson } from '../../model/app-json.ts';

/** To add one: a row in `KINDS` of build.ts. */
export type BuildKind = 'dockerfile' | 'buildpack' | 'procfile';

export interface AppToBuild {
  app: string;
  /** Full commit id. */
  sha: string;
  /** The checked-out tree: the work of a stranger. */
  tree: string;
  /** Config of the app: the build's environment. */
  values: Record<string, string>;
  /** Directory kept for this app from build to build; may be emptied at any time between builds. */
  cache: string;
  limits?: Partial<BuildLimits>;
  /** Accounts at other registries, by host. */
  logins?: Record<string, { username: string; password: string }>;
}

export interface BuiltApp {
  /** `127.0.0.1:5555/<app>:git-<first 8 of the commit>`, pushed. */
  image: string;
  /** `sha256:…` of its manifest in the registry. */
  digest: string;
  kind: BuildKind;
  /** Process table, `release` among it. */
  procfile: Record<string, string>;
  /** `true` where Procfile lines are run by the image's shell, empty where the image brings `start` (reference §6.3). */
  dockerfile: '' | 'true';
  appJson?: AppJson;
  /** `sha256:…` of the gzipped tar of /app: a blob of the app's repository in the registry. */
  slugDigest?: string;
}

/** What every kind of build works with. */
export interface Workplace {
  engine: ImageBuilder;
  /** Digests of the layers of an image in the registry, lowest first. */
  layersOf: (image: string, digest: string, signal: AbortSignal) => Promise<string[]>;
  /** Directory with `<name>.tar` and `<name>.json` of the images that machines bring along. */
  images: string;
  /** Directory with what the machine lends to builds: `ca-certificates.crt`, `npmrc`. */
  loans: string;
  /** A path on the Engine's disk. */
  disk: string;
  /** ms, never going back. */
  now: () => number;
}

export interface KindOfBuild {
  /** The image, built but not pushed, and its process table. */
  (
    place: Workplace,
    app: AppToBuild & { limits: BuildLimits },
    reference: string,
    show: Show,
    signal: AbortSignal,
  ): Promise<{ procfile: Record<string, string>; hasSlug: boolean }>;
}
