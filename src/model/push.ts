// What a push leaves behind: the refs that were pushed last, and the log of each build.

/** Where the branches of an app's repository stand. A repository on a machine's disk is a copy that may be behind, or missing. */
export interface PushedRefs {
  /** Of the app: a later app of the same name begins with nothing. */
  uuid: string;
  /** Full names to commits: {'refs/heads/master': '<40 hex>'}. */
  refs: Record<string, string>;
  updated: string;
}

/** What a pusher saw. Ids sort by time. */
export interface BuildLog {
  user: string;
  /** Commit, 40 hex. */
  sha: string;
  outcome: 'released' | 'failed' | 'abandoned';
  /** The release it made. */
  release?: number;
  started: string;
  ended: string;
  /** gzip, base64; of a very long log the beginning and the end. */
  text: string;
}
