// Bare repositories as the builder needs them. `directory` is always the repository's own.

/** One line that git tells its pre-receive hook; 40 zeros stand for "no commit". */
export interface RefUpdate {
  before: string;
  after: string;
  /** `refs/heads/master` */
  ref: string;
}

/** What a push wants, while its objects are still in quarantine. */
export interface Incoming {
  updates: RefUpdate[];
  /** The commit behind a pushed object; undefined when it is none (a tag of a file). */
  commit(object: string, signal: AbortSignal): Promise<string | undefined>;
  /** Writes the files of a commit into an empty directory; throws DeisError('refused') when they need more than `most` bytes. */
  checkOut(commit: string, into: string, most: number, signal: AbortSignal): Promise<void>;
}

export interface Transfer {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  errors: NodeJS.WritableStream;
  /** GIT_PROTOCOL of the client. */
  protocol: string | undefined;
}

export interface Git {
  /** Makes the repository if there is none, and takes away what a killed push left in it. */
  prepare(directory: string, signal: AbortSignal): Promise<void>;
  refs(directory: string, signal: AbortSignal): Promise<Record<string, string>>;
  /** Whether the commits are there with all that they need. */
  holds(directory: string, commits: string[], signal: AbortSignal): Promise<boolean>;
  /** Sets refs, and deletes those with `undefined`. */
  setRefs(
    directory: string,
    refs: Record<string, string | undefined>,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Takes a push in. `decide` is asked once all objects are here; refs change only when it answers true. `say` shows bytes to
   * the pusher. Answers the exit status of git; the signal kills it, and nothing has changed then.
   */
  receive(
    directory: string,
    transfer: Transfer,
    most: number,
    decide: (incoming: Incoming, say: (bytes: Buffer) => void) => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<number>;
  upload(directory: string, transfer: Transfer, signal: AbortSignal): Promise<number>;
  /** Packs what is loose, when there is much of it. */
  tidy(directory: string, signal: AbortSignal): Promise<void>;
}
