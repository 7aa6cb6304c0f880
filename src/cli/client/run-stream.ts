// A command in a one-off container, with its streams in our hands: input and signals there, output and exit code back.

import { DeisError } from '../../model/errors.ts';
import { type Frame, jsonPayload, parsePayload } from '../../model/frames.ts';
import {
  FRAME,
  type RunRequest,
  type RunSignal,
  type Terminal,
  failureOf,
  textOf,
} from '../../model/run.ts';
import type { FrameChannel } from '../../ports/frame-channel.ts';

/** This end of the streams. */
export interface RunEnds {
  /** Bytes for the command; absent: none. */
  input?: AsyncIterable<Uint8Array>;
  /** Resolve when more may be written. */
  stdout(data: Uint8Array): Promise<void>;
  stderr(data: Uint8Array): Promise<void>;
  /** What is being waited for. */
  status(text: string): void;
  /** The command is about to begin. */
  started(container: string): void;
}

export interface Run {
  /** Resolves with the exit code after the last byte of output is written. Throws what the platform gave up with. */
  ended: Promise<number>;
  resize(size: Terminal): void;
  signal(signal: RunSignal): void;
  /** Lets go: the container is removed. */
  close(): void;
}

const INPUT_BYTES = 64 * 1024;

export function startRun(channel: FrameChannel, request: RunRequest, ends: RunEnds): Run {
  const ended = follow(channel, request, ends);
  return {
    ended,
    resize: (size) => void channel.send(FRAME.resize, jsonPayload(size)),
    signal: (signal) => void channel.send(FRAME.signal, jsonPayload({ signal })),
    close: () => channel.destroy(),
  };
}

async function follow(channel: FrameChannel, request: RunRequest, ends: RunEnds): Promise<number> {
  await channel.send(FRAME.start, jsonPayload(request));
  try {
    for (let frame = await channel.next(); frame; frame = await channel.next()) {
      const code = await heed(channel, frame, ends);
      if (code !== undefined) return code;
    }
  } finally {
    channel.destroy();
  }
  throw new DeisError('unavailable', 'The connection was lost before the command had ended.');
}

/** Answers the exit code, when this was the last frame. */
async function heed(
  channel: FrameChannel,
  frame: Frame,
  ends: RunEnds,
): Promise<number | undefined> {
  switch (frame.kind) {
    case FRAME.stdout:
      await ends.stdout(frame.payload);
      return undefined;
    case FRAME.stderr:
      await ends.stderr(frame.payload);
      return undefined;
    case FRAME.status:
      ends.status(textOf(frame, 'text'));
      return undefined;
    case FRAME.started:
      ends.started(textOf(frame, 'container'));
      if (ends.input) void feed(channel, ends.input);
      return undefined;
    case FRAME.exit:
      return Number(parsePayload(frame)['code']);
    case FRAME.failure:
      throw failureOf(frame);
    default:
      return undefined; // of a newer controller: what we do not know we do not need
  }
}

/** Input that cannot be read any more has ended. */
async function feed(channel: FrameChannel, input: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of input) {
      for (let from = 0; from < chunk.length; from += INPUT_BYTES) {
        await channel.send(FRAME.stdin, chunk.subarray(from, from + INPUT_BYTES));
      }
      if (channel.closed.aborted) return;
    }
  } finally {
    await channel.send(FRAME.stdinEnd, new Uint8Array(0));
  }
}
