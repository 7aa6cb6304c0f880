// Where drains send to.

import type { DrainTarget } from '../model/drain.ts';

export interface LogSink {
  /**
   * Resolves when the operating system has taken all of them; messages are without framing. Throws DeisError('unavailable') when
   * the other side is gone or took nothing for a minute: nobody knows then what of the last second has arrived.
   */
  send(messages: readonly Buffer[], signal: AbortSignal): Promise<void>;
  /** Aborts when the other side hangs up. */
  readonly broken: AbortSignal;
  /** Resolves when everything sent is on its way, or nothing more can be done for it. */
  close(): Promise<void>;
}

export interface SinkOptions {
  target: DrainTarget;
  /** PEM texts of authorities to trust besides the usual ones. */
  ca: string;
  /** Addresses it must not lead to; answers the reason. */
  refuse: (address: string) => string | undefined;
}

export interface LogSinks {
  /** Throws DeisError: 'unavailable' when nobody answers, 'refused' for a forbidden address or a certificate that does not fit. */
  open(options: SinkOptions, signal: AbortSignal): Promise<LogSink>;
}
