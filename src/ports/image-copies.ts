// Bringing images from one replica of the registry to another.

export interface StoredImage {
  /** `hello`, `team/api` */
  repository: string;
  /** `sha256:…` */
  digest: string;
  /** Also under this name. */
  tag?: string;
}

/** Addresses are `host:port`. All throw DeisError('unavailable') when a replica does not answer or refuses. */
export interface ImageCopies {
  holds(address: string, image: StoredImage, signal: AbortSignal): Promise<boolean>;
  /** False when `from` has not got it. Safe to repeat; brings only what is missing. */
  copy(image: StoredImage, from: string, to: string, signal: AbortSignal): Promise<boolean>;
  /** One layer or config ahead of its image. */
  copyBlob(
    blob: { repository: string; digest: string },
    from: string,
    to: string,
    signal: AbortSignal,
  ): Promise<void>;
  /** Takes the image's manifest away; its layers go with the next sweep. One that is not there is fine. */
  remove(address: string, image: StoredImage, signal: AbortSignal): Promise<void>;
}
