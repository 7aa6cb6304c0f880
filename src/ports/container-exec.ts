// A command in a container that runs: for checks that only the container itself can make.

export interface Ended {
  exitCode: number;
  /** The end of what it wrote, both streams. */
  output: string;
}

/** Kills the command when the signal aborts, and rejects then. Throws DeisError('unavailable') when the engine or the container is away. */
export type ContainerExec = (
  container: string,
  command: readonly string[],
  signal: AbortSignal,
) => Promise<Ended>;
