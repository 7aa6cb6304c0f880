// What is left of a destroyed app: the proof that its images, slugs and repositories may go. Absence alone proves nothing.

export interface Grave {
  app: string;
  /** Of the app. */
  uuid: string;
  /** ISO 8601, UTC. An app of the same name that was made later is another one. */
  destroyed: string;
}
