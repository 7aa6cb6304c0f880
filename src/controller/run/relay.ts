// Passes frames between a client and a machine until the run is over, and lets neither wait for one that has gone.

import { FRAME, failurePayload } from '../../model/run.ts';
import { DeisError, toDeisError } from '../../model/errors.ts';
import type { FrameChannel } from '../../ports/frame-channel.ts';

/** Resolves when both connections are over. */
export async function relay(
  client: FrameChannel,
  machine: FrameChannel,
  signal: AbortSignal,
): Promise<void> {
  const stop = (): void => machine.destroy();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  // A client that ends, or is lost, ends the run.
  const up = pass(client, machine).then(stop, stop);
  try {
    const whole = await down(machine, client);
    if (!whole) {
      throw new DeisError('unavailable', 'The connection to the machine was lost.');
    }
  } catch (error) {
    await sendFailure(client, signal.aborted ? signal.reason : error);
  }
  await Promise.all([client.end(), machine.end()]);
  await up;
  signal.removeEventListener('abort', stop);
}

async function pass(from: FrameChannel, to: FrameChannel): Promise<void> {
  for (let frame = await from.next(); frame; frame = await from.next()) {
    await to.send(frame.kind, frame.payload);
  }
}

/** True when the run has come to its last frame. */
async function down(from: FrameChannel, to: FrameChannel): Promise<boolean> {
  for (let frame = await from.next(); frame; frame = await from.next()) {
    await to.send(frame.kind, frame.payload);
    if (frame.kind === FRAME.exit || frame.kind === FRAME.failure) return true;
  }
  return false;
}

export async function sendFailure(to: FrameChannel, error: unknown): Promise<void> {
  await to.send(FRAME.failure, failurePayload(toDeisError(error)));
}
