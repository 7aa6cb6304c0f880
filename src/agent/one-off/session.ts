// One run, from the order to the removal of its container: what goes wrong on the way is told to the caller, not thrown.

import { jsonPayload } from '../../model/frames.ts';
import { DeisError, toDeisError } from '../../model/errors.ts';
import { containerName } from '../../model/ids.ts';
import { FRAME, type RunOrder, failurePayload } from '../../model/run.ts';
import { withTag } from '../../model/platform-unit.ts';
import type { FrameChannel } from '../../ports/frame-channel.ts';
import { oneOffRequest } from './container.ts';
import { converse } from './converse.ts';
import type { OneOffOptions } from './one-offs.ts';

/** What is done after the end must not take longer, ms. */
const CLEANING_MS = 30_000;

/** Resolves when all is told and the container is gone; a detached one goes on. */
export async function runSession(
  options: OneOffOptions,
  order: RunOrder,
  channel: FrameChannel,
  signal: AbortSignal,
): Promise<void> {
  const late = AbortSignal.timeout(order.timeout * 1000);
  const ended = AbortSignal.any([signal, channel.closed, late]);
  const name = containerName(order.process);
  try {
    const code = await carriedOut(options, order, channel, ended);
    if (!order.detach) await remove(options, name);
    await channel.send(FRAME.exit, jsonPayload({ code }));
  } catch (error) {
    await remove(options, name);
    const problem = reasonOf(error, signal, late, order.timeout);
    options.log.info('one-off broken off', { container: name, error: problem.message });
    await channel.send(FRAME.failure, failurePayload(problem));
  }
  await channel.end();
}

/** Answers the exit code; 0 for one that nobody waits for. */
async function carriedOut(
  options: OneOffOptions,
  order: RunOrder,
  channel: FrameChannel,
  signal: AbortSignal,
): Promise<number> {
  const { streams, clock, log } = options;
  await options.fetch(
    order,
    (text) => void channel.send(FRAME.status, jsonPayload({ text })),
    signal,
  );
  const values = await options.values(order, signal);
  const until = clock.now() + order.timeout * 1000;
  const image = withTag(order.process.image);
  const { name, request } = oneOffRequest(order, image, values, until);
  const id = await streams.create(name, request, signal);
  if (order.detach) {
    await streams.start(id, signal);
    await channel.send(FRAME.started, jsonPayload({ container: name }));
    return 0;
  }
  const attached = await streams.attach(id, order.terminal !== undefined, signal);
  try {
    await streams.start(id, signal);
    log.info('one-off started', { container: name });
    await channel.send(FRAME.started, jsonPayload({ container: name }));
    if (order.terminal) await streams.resize(id, order.terminal, signal);
    return await converse(options, { id, attached, channel }, signal);
  } finally {
    attached.close();
  }
}

/** What could not be removed now is left to the sweep. */
async function remove({ engine, log }: OneOffOptions, name: string): Promise<void> {
  try {
    await engine.remove(name, AbortSignal.timeout(CLEANING_MS));
  } catch (error) {
    log.warn('one-off not removed yet', { container: name, error: toDeisError(error).message });
  }
}

function reasonOf(
  error: unknown,
  stopping: AbortSignal,
  late: AbortSignal,
  seconds: number,
): DeisError {
  if (stopping.aborted) {
    return new DeisError('unavailable', 'The machine ended it: its daemon is stopping.');
  }
  if (!late.aborted) return toDeisError(error);
  return new DeisError(
    'timeout',
    `It ran for longer than ${seconds} s and was stopped.`,
    'What takes longer can be given more time: deisctl config controller set runTimeout=…',
  );
}
