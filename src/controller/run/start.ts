// Starts a one-off container: the live release of an app, on a machine that may run it.

import { randomInt, randomUUID } from 'node:crypto';
import { DeisError, isDeisError } from '../../model/errors.ts';
import type { Machine } from '../../model/cluster.ts';
import { FRAME, type RunOrder, type RunRequest, failureOf, textOf } from '../../model/run.ts';
import type { FrameChannel } from '../../ports/frame-channel.ts';
import { commitTold } from '../app/history.ts';
import { readBuild, readConfig } from '../app/release.ts';
import { openSettings } from '../app/secret-values.ts';
import { platformSetting } from '../app/settings-of-platform.ts';
import { liveRelease, readApp } from '../app/snapshot.ts';
import { audited } from '../app/trail.ts';
import type { AppCall } from '../call.ts';
import { runProcess } from '../rules/run-command.ts';
import { chooseRunMachine } from '../rules/run-machine.ts';
import { detail, notFound } from '../wire/errors.ts';
import { runCandidates } from './candidates.ts';

export interface StartedRun {
  /** `blog_v3.run.4711` */
  container: string;
  /** Its machine's end of the line; output has not been read yet. */
  channel: FrameChannel;
}

const MOST_NUMBER = 1_000_000;
const LONGEST_SECONDS = 30 * 86_400;
const USUAL_SECONDS = 86_400;

/** `tell` hears what is being waited for. Throws 400 without a build, 503 when no machine may or can run it. */
export async function startRun(
  call: Omit<AppCall, 'body'>,
  request: RunRequest,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<StartedRun> {
  const { services, app } = call;
  const { id } = app.value;
  const snapshot = await readApp(services.registry, id, signal);
  if (!snapshot) throw notFound();
  const live = liveRelease(snapshot);
  const build = await readBuild(services.registry, live, signal);
  if (!build) {
    throw detail(400, 'No build associated with this release to run this command');
  }
  const config = await readConfig(services.registry, live, signal);
  const settings = openSettings(services.vault, config);
  const { command, ...wishes } = request;
  const process = runProcess(command, randomInt(1, MOST_NUMBER), live, build, settings);
  const order: RunOrder = {
    id: randomUUID(),
    process,
    ...wishes,
    timeout: await timeoutOf(services.registry, signal),
  };
  const candidates = await runCandidates(services, process.image, signal);
  const needs = { tags: settings.tags, ...(process.memory && { memory: process.memory }) };
  const choice = chooseRunMachine(candidates, needs);
  if ('problem' in choice) throw new DeisError('unschedulable', choice.problem);
  await tellAll(call, command);
  return onFirstOf(choice.machines, order, call, tell, signal);
}

async function timeoutOf(
  registry: AppCall['services']['registry'],
  signal: AbortSignal,
): Promise<number> {
  const seconds = Number(await platformSetting(registry, 'controller/runTimeout', signal));
  const sound = Number.isInteger(seconds) && seconds > 0 && seconds <= LONGEST_SECONDS;
  return sound ? seconds : USUAL_SECONDS;
}

/** In the app's log and in its trail, as Deis v1 logged it. */
async function tellAll(call: Omit<AppCall, 'body'>, command: string): Promise<void> {
  const text = `${call.user.value.username} runs '${command.slice(0, 200)}'`;
  const event = audited(call, call.app.value.id, 'run', text);
  if (!(await commitTold(call, text, { conditions: [], writes: [event] }))) throw notFound();
}

/** A machine that does not answer, or runs too many already, leaves it to the next one. */
async function onFirstOf(
  machines: readonly Machine[],
  order: RunOrder,
  { services }: Pick<AppCall, 'services'>,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<StartedRun> {
  let last: DeisError | undefined;
  for (const machine of machines) {
    try {
      const channel = await services.runs.open(machine.api, order, signal);
      return await begun(channel, (text) => tell(`${text} on ${machine.name}`), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isDeisError(error, 'unavailable')) throw error;
      services.log.warn('machine passed over', { machine: machine.name, error: error.message });
      last = error;
    }
  }
  throw last ?? new DeisError('unschedulable', 'There is no machine.');
}

async function begun(
  channel: FrameChannel,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<StartedRun> {
  const giveUp = (): void => channel.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    for (;;) {
      const frame = await channel.next();
      signal.throwIfAborted();
      if (!frame) throw new DeisError('unavailable', 'The machine ended the connection.');
      if (frame.kind === FRAME.status) tell(textOf(frame, 'text'));
      else if (frame.kind === FRAME.failure) throw failureOf(frame);
      else return { container: textOf(frame, 'container'), channel };
    }
  } catch (error) {
    channel.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
