// A connection that carries frames both ways, and notices when the other end is gone.

import type { Frame } from '../model/frames.ts';

export interface FrameChannel {
  /** Resolves when more may be sent: what is sent before waits in memory. Never rejects: look at `closed`. */
  send(kind: number, payload: Uint8Array): Promise<void>;
  /** One call at a time. Undefined when the other side has ended; throws DeisError('unavailable') when it was lost. */
  next(): Promise<Frame | undefined>;
  /** Aborted when the connection is over, however it ended. */
  readonly closed: AbortSignal;
  /** What was sent is delivered first. Resolves when it is over, at once when it is already. */
  end(): Promise<void>;
  /** At once. */
  destroy(): void;
}
