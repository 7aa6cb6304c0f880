// A shell on a machine, whoever opens it: over SSH, or by stepping into a machine of this box.

export interface HostResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Host {
  /** For sentences: `core@10.0.0.7`. */
  readonly name: string;
  /**
   * Runs a POSIX shell script as root. Any exit code is a result. Throws DeisError('unavailable') when the machine went away,
   * 'forbidden' when the account may not become root, the signal's reason when it aborts.
   */
  run(
    script: string,
    signal: AbortSignal,
    input?: NodeJS.ReadableStream | Uint8Array,
  ): Promise<HostResult>;
  close(): void;
}
