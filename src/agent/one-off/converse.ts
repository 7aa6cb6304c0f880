// The streams of a running one-off container: input, signals and sizes to it, output and exit code from it.

import { type Frame, parsePayload } from '../../model/frames.ts';
import { DeisError, toDeisError } from '../../model/errors.ts';
import { FRAME, RUN_SIGNALS } from '../../model/run.ts';
import type { FrameChannel } from '../../ports/frame-channel.ts';
import type { Attachment } from '../../ports/one-off-engine.ts';
import type { OneOffOptions } from './one-offs.ts';

export interface Conversation {
  /** Of the container. */
  id: string;
  attached: Attachment;
  channel: FrameChannel;
}

/** The output must end so soon after the container, ms. */
const LAST_OUTPUT_MS = 10_000;
/** Between two looks at a container whose output nobody takes, ms: well below the 2 s after which an Engine drops the rest. */
const LOOK_MS = 250;
const LARGEST_SIDE = 10_000;

/** Answers the exit code after the last byte of output. Throws when the caller goes away, or the Engine, or the signal says so. */
export async function converse(
  options: OneOffOptions,
  conversation: Conversation,
  signal: AbortSignal,
): Promise<number> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const broken = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => broken.reject(signal.reason), { once: true });
  if (signal.aborted) broken.reject(signal.reason);
  passInput(options, conversation, until).then(
    () => broken.reject(new DeisError('unavailable', 'The caller went away.')),
    broken.reject,
  );
  try {
    return await Promise.race([outputAndCode(options, conversation, until), broken.promise]);
  } finally {
    over.abort(new DeisError('unavailable', 'The run is over.'));
  }
}

async function outputAndCode(
  options: OneOffOptions,
  conversation: Conversation,
  signal: AbortSignal,
): Promise<number> {
  const { streams, clock, log } = options;
  const { id } = conversation;
  const output = passOutput(options, conversation, signal);
  // When the run is broken off, nobody waits for its output any more; that it breaks off too is no news.
  output.catch(() => undefined);
  const code = await streams.wait(id, signal);
  const patience = new AbortController();
  const late = clock
    .sleep(LAST_OUTPUT_MS, AbortSignal.any([signal, patience.signal]))
    .then(() => log.warn('output did not end with its container', { container: id }))
    .catch(() => undefined);
  await Promise.race([output, late]);
  patience.abort();
  return code;
}

/**
 * In order, and never faster than the caller takes it – until the container has ended: the rest is then at most what
 * pipes and the Engine hold, and is taken into memory, since the Engine would drop it.
 */
async function passOutput(
  options: OneOffOptions,
  { id, attached, channel }: Conversation,
  signal: AbortSignal,
): Promise<void> {
  const pid = await options.streams.pid(id, signal);
  let ended = pid === 0;
  for await (const { from, data } of attached.output) {
    const taken = channel.send(from === 'stdout' ? FRAME.stdout : FRAME.stderr, data);
    if (!ended) ended = await endedBefore(options, taken, pid, signal);
  }
}

/** Resolves when `taken` does (false), or soon after the process has ended (true). */
async function endedBefore(
  { clock, isAlive }: OneOffOptions,
  taken: Promise<void>,
  pid: number,
  signal: AbortSignal,
): Promise<boolean> {
  let free = false;
  const freed = taken.then(() => (free = true));
  // Nearly always at once: no timer then.
  await Promise.race([freed, Promise.resolve()]);
  while (!free) {
    if (!isAlive(pid)) return true;
    const rest = new AbortController();
    const pause = clock
      .sleep(LOOK_MS, AbortSignal.any([signal, rest.signal]))
      .catch(() => undefined);
    await Promise.race([freed, pause]);
    rest.abort();
    if (signal.aborted) return false;
  }
  return false;
}

/** Resolves when the caller ends the connection. */
async function passInput(
  options: OneOffOptions,
  conversation: Conversation,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const frame = await conversation.channel.next();
    if (!frame || signal.aborted) return;
    await heed(options, conversation, frame, signal);
  }
}

async function heed(
  { streams, log }: OneOffOptions,
  { id, attached }: Conversation,
  frame: Frame,
  signal: AbortSignal,
): Promise<void> {
  switch (frame.kind) {
    case FRAME.stdin:
      await attached.write(frame.payload);
      return;
    case FRAME.stdinEnd:
      attached.endInput();
      return;
    case FRAME.resize: {
      const { columns, rows } = parsePayload(frame);
      if (!isSide(columns) || !isSide(rows)) return;
      await streams.resize(id, { columns, rows }, signal).catch(tell);
      return;
    }
    case FRAME.signal: {
      const name = RUN_SIGNALS.find((known) => known === parsePayload(frame)['signal']);
      if (name) await streams.kill(id, `SIG${name}`, signal).catch(tell);
      return;
    }
    default:
      throw new DeisError('invalid', `A frame of kind ${frame.kind} has no place here.`);
  }

  /** A container that has just ended can be neither resized nor signalled. */
  function tell(error: unknown): void {
    log.debug('one-off did not heed', { container: id, error: toDeisError(error).message });
  }
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= LARGEST_SIDE;
}
