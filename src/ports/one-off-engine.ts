// What one-off containers need of the container engine: their streams. Every call throws DeisError('unavailable') while it is away.

import type { Terminal } from '../model/run.ts';

export interface Output {
  from: 'stdout' | 'stderr';
  data: Uint8Array;
}

/** The streams of one container. */
export interface Attachment {
  /** In the order in which it was written; ends when the container has ended. Read it promptly: see `OneOffEngine.attach`. */
  output: AsyncIterable<Output>;
  /** Resolves when the container has taken it, or can take no more. */
  write(data: Uint8Array): Promise<void>;
  /** No more input: the container reads an end of file. */
  endInput(): void;
  close(): void;
}

export interface OneOffEngine {
  /** `request` is a body of the Engine's POST /containers/create; answers the container's id. */
  create(name: string, request: object, signal: AbortSignal): Promise<string>;
  /**
   * Before `start`, so that nothing is missed. An Engine waits 2 s for a reader after a container's end, then drops the rest.
   */
  attach(id: string, terminal: boolean, signal: AbortSignal): Promise<Attachment>;
  start(id: string, signal: AbortSignal): Promise<void>;
  /** Process id on the host; 0 when it does not run. */
  pid(id: string, signal: AbortSignal): Promise<number>;
  /** Resolves with the exit code when it has ended, also when it had before. */
  wait(id: string, signal: AbortSignal): Promise<number>;
  /** One that has ended is fine. */
  kill(id: string, signalName: string, signal: AbortSignal): Promise<void>;
  resize(id: string, size: Terminal, signal: AbortSignal): Promise<void>;
}
