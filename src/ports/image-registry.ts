// Where images are looked up before a release names them.

import type { RegistryLogins } from '../model/registry-login.ts';

export interface ResolvedImage {
  /** What machines pull, for ever: by digest, from the platform's registry. */
  reference: string;
  /** Its name in the platform's registry: `hello`, `team/api`. */
  repository: string;
}

/** For whom an image is brought from another registry, and how it may be read there. */
export interface ImageReader {
  app: string;
  logins: RegistryLogins;
}

export interface Images {
  /**
   * Finds the image and has every live replica hold it before it answers; one of another registry is copied into the
   * repository of the app. Throws DeisError('not-found') naming an unknown image, 'invalid' for a name that is none,
   * 'forbidden' when another registry does not let it be read, 'unavailable' when no replica or that registry answers.
   */
  resolve(image: string, reader: ImageReader, signal: AbortSignal): Promise<ResolvedImage>;
  /**
   * A blob of the platform's registry and its size in bytes, 0 when unknown. Throws DeisError('not-found') when no replica
   * has it, 'unavailable' when none answers.
   */
  blob(
    of: { repository: string; digest: string },
    signal: AbortSignal,
  ): Promise<{ body: AsyncIterable<Uint8Array>; size: number }>;
}
