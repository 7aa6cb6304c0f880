// One-off containers (`deis run`): what a caller asks for, what a machine is told to run, and the frames both speak afterwards.

import type { AppProcess } from './app.ts';
import { DeisError, type ErrorCode } from './errors.ts';
import { type Frame, jsonPayload, parsePayload } from './frames.ts';

/** The word of the HTTP upgrade that turns a request into a stream of frames. */
export const RUN_PROTOCOL = 'deis-run/1';

export interface Terminal {
  columns: number;
  rows: number;
}

/** First frame of a client to a controller. */
export interface RunRequest {
  /** One line for a shell, as it was typed. */
  command: string;
  /** Input follows; absent: the command reads an end of file at once. */
  stdin: boolean;
  /** A terminal of this size, with this value of TERM. */
  terminal?: Terminal & { term: string };
  /** Do not wait: the output goes to the app's log. */
  detach: boolean;
}

/** First frame of a controller to a machine. */
export interface RunOrder {
  /** Of this run; a label of its container. */
  id: string;
  process: AppProcess;
  stdin: boolean;
  terminal?: Terminal & { term: string };
  detach: boolean;
  /** Its output goes to the app's log too, although somebody reads it. */
  logged?: boolean;
  /** Seconds after which it is killed. */
  timeout: number;
}

/** What has begun, as a machine and a controller tell it before any output. */
export interface RunStarted {
  /** `blog_v3.run.4711` */
  container: string;
}

/** Kinds of frames: what a frame carries is JSON but for input and output. */
export const FRAME = {
  /** RunRequest or RunOrder. */
  start: 0,
  /** Bytes for the command. */
  stdin: 1,
  /** No more of them. */
  stdinEnd: 2,
  /** Terminal. */
  resize: 3,
  /** {signal: 'INT'} */
  signal: 4,
  /** Nothing: I am still here. */
  ping: 5,
  /** {text}: what is being waited for. */
  status: 10,
  /** RunStarted. */
  started: 11,
  stdout: 12,
  stderr: 13,
  /** {code}: the last frame of a run that ended by itself, or began and was let go. */
  exit: 14,
  /** {code, message, hint} of a DeisError: the last frame of a run that did not. */
  failure: 15,
} as const;

/** Signals that may be sent to a command. */
export const RUN_SIGNALS = ['INT', 'TERM', 'HUP', 'QUIT', 'USR1', 'USR2', 'KILL'] as const;
export type RunSignal = (typeof RUN_SIGNALS)[number];

/** A text that a frame carries; empty when it does not. */
export function textOf(frame: Frame, field: string): string {
  const value = parsePayload(frame)[field];
  return typeof value === 'string' ? value : '';
}

/** What the other end gave up with, from a `failure` frame. */
export function failureOf(frame: Frame): DeisError {
  const code = textOf(frame, 'code') as ErrorCode;
  return new DeisError(code, textOf(frame, 'message'), textOf(frame, 'hint'));
}

export function failurePayload({
  code,
  message,
  hint,
}: Pick<DeisError, 'code' | 'message' | 'hint'>): Uint8Array {
  return jsonPayload({ code, message, hint });
}
