// Where images are looked up before a release names them.

export interface ResolvedImage {
  /** What machines pull, for ever: by digest when the image is in the platform's registry or the name says one. */
  reference: string;
  /** Its name in the platform's registry (`hello`, `team/api`); undefined for an image of another registry. */
  repository?: string;
}

export interface Images {
  /**
   * Finds the image and, when it is the platform's, has every live replica hold it before it answers.
   * Throws DeisError('not-found') naming an unknown image, 'invalid' for a name that is none,
   * 'unavailable' when no replica answers or a copy fails.
   */
  resolve(image: string, signal: AbortSignal): Promise<ResolvedImage>;
  /**
   * Has every live replica hold what a release names by `reference`; answers how many lacked it. An image of another
   * registry is nobody's to keep: 0. Throws DeisError('not-found') when no replica has it, 'unavailable' as above.
   */
  keep(reference: string, signal: AbortSignal): Promise<number>;
}
