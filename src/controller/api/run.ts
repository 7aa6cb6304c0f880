// `deis run` as Deis v1 had it: the whole output at the end, with the exit code (reference §1.7).

import { parsePayload } from '../../model/frames.ts';
import { DeisError } from '../../model/errors.ts';
import { FRAME, failureOf } from '../../model/run.ts';
import type { FrameChannel } from '../../ports/frame-channel.ts';
import { type Answer, type AppCall, ok } from '../call.ts';
import { type Route, onApp } from '../route.ts';
import { startRun } from '../run/start.ts';
import { bodyObject, requiredText } from '../wire/body.ts';

export const runRoutes: readonly Route[] = [onApp('POST', '/apps/:id/run', run)];

/** Held in memory until it is answered. */
const MOST_OUTPUT_BYTES = 32 * 1024 * 1024;

/** `[exit code, output]`, both streams in the order in which they were written. */
async function run(call: AppCall): Promise<Answer> {
  const { body, signal } = call;
  const command = requiredText(bodyObject(body), 'command');
  const request = { command, stdin: false, detach: false };
  const { channel } = await startRun(call, request, () => undefined, signal);
  const giveUp = (): void => channel.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    const [code, output] = await collected(channel);
    return ok([code, output.toString('utf8')]);
  } finally {
    signal.removeEventListener('abort', giveUp);
    await channel.end();
  }
}

async function collected(channel: FrameChannel): Promise<[number, Buffer]> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (let frame = await channel.next(); frame; frame = await channel.next()) {
    switch (frame.kind) {
      case FRAME.stdout:
      case FRAME.stderr:
        chunks.push(frame.payload);
        bytes += frame.payload.length;
        if (bytes > MOST_OUTPUT_BYTES) throw tooMuch();
        break;
      case FRAME.exit:
        return [Number(parsePayload(frame)['code']), Buffer.concat(chunks)];
      case FRAME.failure:
        throw failureOf(frame);
      default:
        break; // words on the way, for those who see them as they come
    }
  }
  throw new DeisError('unavailable', 'The connection to the machine was lost.');
}

function tooMuch(): DeisError {
  const megabytes = MOST_OUTPUT_BYTES / 1024 / 1024;
  return new DeisError(
    'refused',
    `The command wrote more than ${megabytes} MB and was stopped.`,
    'The newer `deis run` streams its output: it has no such bound.',
  );
}
