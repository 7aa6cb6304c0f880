// Brings an order for a one-off container to a machine that may run it.

import { DeisError, isDeisError } from '../../model/errors.ts';
import { FRAME, type RunOrder, failureOf, textOf } from '../../model/run.ts';
import type { FrameChannel } from '../../ports/frame-channel.ts';
import { keys } from '../../registry/keys.ts';
import { isHomeFor } from '../rules/placement.ts';
import { chooseRunMachine } from '../rules/run-machine.ts';
import type { Services } from '../services.ts';
import { runCandidates } from './candidates.ts';

export interface OpenRun {
  /** `blog_v3.run.4711` */
  container: string;
  /** Name of the machine. */
  machine: string;
  /** Its machine's end of the line; output has not been read yet. */
  channel: FrameChannel;
}

/** A machine that does not answer, or runs too many already, leaves it to the next one. Throws 'unschedulable' when none may. */
export async function openRun(
  services: Pick<Services, 'registry' | 'world' | 'runs' | 'log'>,
  { order, tags }: { order: RunOrder; tags: Readonly<Record<string, string>> },
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<OpenRun> {
  const { image, memory } = order.process;
  const app = await services.registry.get(keys.apps, [order.process.app], signal);
  const isHome = isHomeFor(app?.value.formation);
  const candidates = (await runCandidates(services, image, signal)).filter(({ machine }) =>
    isHome(machine),
  );
  const choice = chooseRunMachine(candidates, { tags, ...(memory && { memory }) });
  if ('problem' in choice) throw new DeisError('unschedulable', choice.problem);
  let last: DeisError | undefined;
  for (const { api, name } of choice.machines) {
    try {
      const channel = await services.runs.open(api, order, signal);
      const container = await begun(channel, (text) => tell(`${text} on ${name}`), signal);
      return { container, channel, machine: name };
    } catch (error) {
      signal.throwIfAborted();
      if (!isDeisError(error, 'unavailable')) throw error;
      services.log.warn('machine passed over', { machine: name, error: error.message });
      last = error;
    }
  }
  throw last ?? new DeisError('unschedulable', 'There is no machine.');
}

/** Answers the name of the container when it has started. */
async function begun(
  channel: FrameChannel,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const giveUp = (): void => channel.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    for (;;) {
      const frame = await channel.next();
      signal.throwIfAborted();
      if (!frame) throw new DeisError('unavailable', 'The machine ended the connection.');
      if (frame.kind === FRAME.status) tell(textOf(frame, 'text'));
      else if (frame.kind === FRAME.failure) throw failureOf(frame);
      else return textOf(frame, 'container');
    }
  } catch (error) {
    channel.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
